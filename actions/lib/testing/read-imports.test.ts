import { expect, test } from "vitest";
import { packageOf, readImports } from "./read-imports.ts";

test("finds every form of import, and no text that looks like one", () => {
  const source = [
    'import "./effect.ts";',
    'import type { A } from "./a.ts";',
    "import {",
    "  type B,",
    "  c,",
    '} from "@scope/b";',
    'import * as d from "d/sub.js";',
    'export { e } from "./e.ts";',
    "export const text = 'from \"no\"';",
    "const program = `",
    '  import { x } from "./no.ts";`;',
    'const later = await import("./f.ts");',
    'export function from(): string { return "no"; }',
    "",
  ].join("\n");
  expect(readImports(source)).toEqual([
    { specifier: "./effect.ts", line: 1 },
    { specifier: "./a.ts", line: 2 },
    { specifier: "@scope/b", line: 3 },
    { specifier: "d/sub.js", line: 7 },
    { specifier: "./e.ts", line: 8 },
    { specifier: "./f.ts", line: 12 },
  ]);
});

test.each([
  ["@scope/b", "@scope/b"],
  ["@scope/b/c/d.js", "@scope/b"],
  ["ajv/dist/2020.js", "ajv"],
  ["yaml", "yaml"],
  ["node:fs/promises", undefined],
  ["./a.ts", undefined],
  ["../a.ts", undefined],
])("the package of %s is %s", (specifier, name) => {
  expect(packageOf(specifier)).toBe(name);
});
