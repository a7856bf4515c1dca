/** What a tool's `go.mod` pins. */
export interface PinnedModule {
  /** The package to build (the `tool` line), or `undefined` for a module that only carries data. */
  package: string | undefined;
  /** The module that holds the tool or the data. */
  module: string;
  /** Its version, as Go writes it: `v5.8.2`. */
  version: string;
  /** The oldest Go that can build it, as the `go` line says. */
  go: string;
}

/**
 * Reads the pin out of a `go.mod` that has one `tool` line, or, for data, one `require`.
 *
 * @param text the file's text
 * @returns the pin
 * @throws Error when the file pins nothing, or more than one thing
 */
export function parseGoMod(text: string): PinnedModule {
  const required = new Map<string, string>();
  const tools: string[] = [];
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
  const [tool] = tools;
  if (tools.length > 1) throw new Error(`more than one tool: ${tools.join(", ")}`);
  if (tool === undefined && required.size !== 1) {
    throw new Error(`no tool line, and ${required.size} required modules instead of one`);
  }
  const module = tool === undefined ? [...required.keys()][0] : longestPrefix(tool, [...required.keys()]);
  const version = module === undefined ? undefined : required.get(module);
  if (module === undefined || version === undefined)
    throw new Error(`no required module holds ${tool ?? "data"}`);
  return { package: tool, module, version, go };
}

function longestPrefix(path: string, modules: readonly string[]): string | undefined {
  return modules
    .filter((module) => path === module || path.startsWith(`${module}/`))
    .sort((a, b) => b.length - a.length)[0];
}
