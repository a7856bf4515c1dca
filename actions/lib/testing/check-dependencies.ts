import { dirname, join } from "node:path/posix";
import { packageOf, readImports } from "./read-imports.ts";

/** The parts that the rule speaks of. */
type Part =
  | "main"
  | "inputs"
  | "run"
  | "delivery"
  | "domain"
  | "ports"
  | "render"
  | "adapters"
  | "host"
  | "testing"
  | "wrapper"
  | "test";

/** Dependencies point one way: what each part of `actions/` may import besides its own files. */
const MAY_IMPORT: Record<Part, readonly Part[]> = {
  main: ["inputs", "run", "adapters", "host"],
  inputs: ["domain", "host"],
  run: ["inputs", "run", "delivery", "domain", "ports", "render"],
  // The steps that actions share when they write to Git.
  delivery: ["delivery", "domain", "ports", "render"],
  domain: ["domain"],
  ports: ["ports", "domain"],
  render: ["render", "domain"],
  adapters: ["adapters", "ports", "domain"],
  host: ["host", "adapters", "ports", "render", "domain"],
  testing: ["testing", "adapters", "ports", "render", "domain"],
  wrapper: ["wrapper"],
  // A test may reach for anything.
  test: [
    "main",
    "inputs",
    "run",
    "delivery",
    "domain",
    "ports",
    "render",
    "adapters",
    "host",
    "testing",
    "wrapper",
    "test",
  ],
};

/** What Node and packages bring without touching the world. */
const PURE = [
  "ajv",
  "ajv/dist/2020.js",
  "fastest-levenshtein",
  "js-yaml",
  "node:crypto",
  "node:path/posix",
  "node:zlib",
  "tar-stream",
  "yaml",
];

/** These reach the world, or speak to it. */
const MAY_REACH_OUT: readonly Part[] = ["adapters", "testing", "wrapper", "test"];

/**
 * Checks which file imports which.
 *
 * @param files the text of each TypeScript file below `actions/`, by its path from the repository's root
 * @returns one line for each import that breaks the rule, and for each circle of imports
 */
export function checkDependencies(files: ReadonlyMap<string, string>): string[] {
  const problems: string[] = [];
  const graph = new Map<string, string[]>();
  for (const [path, source] of files) {
    const imports = readImports(source);
    for (const { specifier, line } of imports) {
      const problem = checkImport(path, specifier, files);
      if (problem !== undefined) problems.push(`${path}:${line}: ${problem}`);
    }
    const edges = imports.flatMap(({ specifier }) => (isFile(specifier) ? [resolve(path, specifier)] : []));
    graph.set(path, edges);
  }
  return [...problems, ...findCircles(graph)];
}

function checkImport(
  path: string,
  specifier: string,
  files: ReadonlyMap<string, string>,
): string | undefined {
  const part = partOf(path);
  if (part === undefined) return "is in no part of actions/ that the rule knows";
  if (!isFile(specifier)) return checkOutside(part, specifier);
  const target = resolve(path, specifier);
  // A schema is data: the bundle takes it in.
  if (target.endsWith(".json")) return undefined;
  if (!files.has(target)) return part === "test" ? undefined : `imports ${target}, which is not there`;
  const other = partOf(target);
  if (other === "test") return `imports ${target}, a test`;
  if (other === undefined || !MAY_IMPORT[part].includes(other)) {
    return `${part} imports ${target}; it may import ${MAY_IMPORT[part].join(", ")}`;
  }
  const [own, others] = [actionOf(path), actionOf(target)];
  if (own !== undefined && others !== undefined && own !== others) {
    return `the action ${own} imports ${target}, another action's file`;
  }
  return undefined;
}

function checkOutside(part: Part, specifier: string): string | undefined {
  if (PURE.includes(specifier) || MAY_REACH_OUT.includes(part)) return undefined;
  const name = packageOf(specifier) ?? specifier;
  return `${part} imports ${name}; only adapters may, or take a pure library (${PURE.join(", ")})`;
}

function partOf(path: string): Part | undefined {
  if (/\.test\.ts$/.test(path)) return "test";
  const [, folder = "", ...rest] = path.split("/");
  const parts: readonly string[] = Object.keys(MAY_IMPORT);
  if (folder === "lib") return parts.includes(rest[0] ?? "") ? (rest[0] as Part) : undefined;
  if (folder === "kubeconform-wrapper") return "wrapper";
  if (rest.length === 0) return undefined;
  if (rest.join("/") === "main.ts") return "main";
  return rest.join("/") === "inputs.ts" ? "inputs" : "run";
}

/** The action that a file belongs to; `undefined` for what they share. */
function actionOf(path: string): string | undefined {
  const [, folder, ...rest] = path.split("/");
  return folder === "lib" || folder === "kubeconform-wrapper" || rest.length === 0 ? undefined : folder;
}

function isFile(specifier: string): boolean {
  return specifier.startsWith(".");
}

function resolve(path: string, specifier: string): string {
  return join(dirname(path), specifier);
}

function findCircles(graph: ReadonlyMap<string, readonly string[]>): string[] {
  const circles: string[] = [];
  const done = new Set<string>();
  const visit = (path: string, trail: readonly string[]): void => {
    const start = trail.indexOf(path);
    if (start >= 0) {
      circles.push(`circle of imports: ${[...trail.slice(start), path].join(" → ")}`);
      return;
    }
    if (done.has(path)) return;
    for (const next of graph.get(path) ?? []) visit(next, [...trail, path]);
    done.add(path);
  };
  for (const path of graph.keys()) visit(path, []);
  return circles;
}
