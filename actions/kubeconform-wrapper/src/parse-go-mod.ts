/** What a tool's `go.mod` pins. */
export interface PinnedModule {
  /** The packages to build (the `tool` lines), all of one module; none for a module that only carries data. */
  packages: readonly string[];
  /** The module that holds the tools or the data. */
  module: string;
  /** Its version, as Go writes it: `v5.8.2`. */
  version: string;
  /** The oldest Go that can build it, as the `go` line says. */
  go: string;
  /** Variables for the linker to set, from `// link:` lines: `path/to/package.name=value`. */
  variables: readonly string[];
}

/**
 * Reads the pin out of a `go.mod` that has `tool` lines of one module, or, for data, one `require`.
 *
 * @param text the file's text
 * @returns the pin
 * @throws Error when the file pins nothing, or things of more than one module
 */
export function parseGoMod(text: string): PinnedModule {
  const required = new Map<string, string>();
  const tools: string[] = [];
  const variables = [...text.matchAll(/^\/\/ link: (\S+=\S+)$/gm)].map(([, variable = ""]) => variable);
  let go = "";
  let block = "";
  for (const raw of text.split(/\r?\n/)) {
    const line = raw.replace(/\/\/.*$/, "").trim();
    if (line === ")") block = "";
    else if (/^\w+ \($/.test(line)) block = line.slice(0, -2);
    else if (line !== "") {
      const [directive = "", ...rest] = block === "" ? line.split(/\s+/) : [block, ...line.split(/\s+/)];
      if (directive === "go") go = rest[0] ?? "";
      else if (directive === "tool") tools.push(rest[0] ?? "");
      else if (directive === "require") required.set(rest[0] ?? "", rest[1] ?? "");
    }
  }
  if (tools.length === 0 && required.size !== 1) {
    throw new Error(`no tool line, and ${required.size} required modules instead of one`);
  }
  const holders = tools.map((tool) => longestPrefix(tool, [...required.keys()]));
  const [module, ...others] = tools.length === 0 ? [...required.keys()] : new Set(holders);
  if (others.length > 0) throw new Error(`tools of more than one module: ${tools.join(", ")}`);
  const version = module === undefined ? undefined : required.get(module);
  if (module === undefined || version === undefined)
    throw new Error(`no required module holds ${tools[0] ?? "data"}`);
  return { packages: tools, module, version, go, variables };
}

function longestPrefix(path: string, modules: readonly string[]): string | undefined {
  return modules
    .filter((module) => path === module || path.startsWith(`${module}/`))
    .sort((a, b) => b.length - a.length)[0];
}
