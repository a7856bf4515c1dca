/** One import, re-export or dynamic import of a module. */
export interface Import {
  /** What stands in the quotes. */
  specifier: string;
  /** Counts from 1. */
  line: number;
}

/**
 * An import declaration begins a line, as Biome's formatter has it, so its quotes cannot be those of some text; a
 * dynamic import may stand anywhere, and so may the search for a package's file.
 */
const PATTERN =
  /^(?:import|export)\s(?:[^;"'`]*?\sfrom\s+)?"([^"\n]+)"|^import\s*"([^"\n]+)"|\b(?:import|require\.resolve)\(\s*"([^"\n]+)"/gm;

/**
 * Finds what a TypeScript module imports, types included.
 *
 * @param source the module's text, formatted by Biome
 * @returns its imports in order
 */
export function readImports(source: string): Import[] {
  return [...source.matchAll(PATTERN)].map((match) => ({
    specifier: match[1] ?? match[2] ?? match[3] ?? "",
    line: source.slice(0, match.index).split("\n").length,
  }));
}

/**
 * @param specifier what an import names
 * @returns the name of the package, `@scope/name` or `name`, or `undefined` for a file and for what Node brings
 */
export function packageOf(specifier: string): string | undefined {
  if (/^(?:[./]|node:)/.test(specifier)) return undefined;
  return specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
}
