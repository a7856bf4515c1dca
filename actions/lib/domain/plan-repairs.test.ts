import { describe, expect, test } from "vitest";
import type { Finding, Repair } from "./finding.ts";
import { planRepairs, undigested } from "./plan-repairs.ts";

const DIGEST = `sha256:${"a1".repeat(32)}`;

function finding(file: string, line: number, column: number, repair: Repair): Finding {
  return { rule: "a/b", severity: "error", file, line, column, message: "wrong", repair };
}

function repaired(text: string, ...findings: Finding[]): string | undefined {
  const digests = new Map([["ghcr.io/acme/redis:7.2", DIGEST]]);
  return planRepairs(findings, { files: new Map([["f.yaml", text]]), digests, martsRead: () => [] }).get(
    "f.yaml",
  );
}

describe("quotes", () => {
  test.each([
    ["a number", "a: 1.10 # kept\nb:   x\n", 'a: "1.10" # kept\nb:   x\n'],
    ["a truth", "a: true\r\nb: 2\r\n", 'a: "true"\r\nb: 2\r\n'],
    ["in brackets", "a: 5, b\n", 'a: "5, b"\n'],
    ["in a flow mapping", "{a: 5,\n b: 6}\n", '{a: "5",\n b: 6}\n', 1, 5],
    ["in a second document", "a: 1\n---\na: 2\n", 'a: 1\n---\na: "2"\n', 3, 4],
  ] as const)("are put around %s", (_, text, wanted, line: number = 1, column: number = 4) => {
    const told = finding("f.yaml", line, column, "quote");
    expect(repaired(text, told)).toBe(wanted);
    expect(repaired(wanted, told)).toBeUndefined();
  });

  test.each([
    ["a number", 'a: "2" # kept\n', "a: 2 # kept\n"],
    ["a truth", "a: 'true'\n", "a: true\n"],
  ])("are taken from %s", (_, text, wanted) => {
    expect(repaired(text, finding("f.yaml", 1, 4, "unquote"))).toBe(wanted);
  });

  test.each([
    ["a value that others name", "a: &x 5\nb: *x\n", "quote", 7],
    ["text that is no number", 'a: "many"\n', "unquote", 4],
    ["a number with a leading zero", 'a: "0123"\n', "unquote", 4],
    ["a text block", "a: |\n  5\n", "quote", 4],
    ["a key", "5: a\n", "quote", 1],
    ["a file that is no YAML", "a: [5\n", "quote", 5],
  ] as const)("%s is left to a person", (_, text, repair, column) => {
    expect(repaired(text, finding("f.yaml", 1, column, repair))).toBeUndefined();
  });

  test("two environments that tell of one value mend it once", () => {
    const told = finding("f.yaml", 1, 4, "quote");
    expect(repaired("a: 5\n", told, { ...told, message: "wrong there too" })).toBe('a: "5"\n');
  });
});

describe("digests", () => {
  const text =
    "images: # pinned\n  - name: redis # cache\n    newName: ghcr.io/acme/redis\n    newTag: '7.2'\n  - {name: ghcr.io/acme/redis, newTag: \"7.2\"}\n";

  test("are added below the tag, in the entry's own style, to what was told of", () => {
    const first = repaired(text, finding("f.yaml", 4, 13, "digest"));
    expect(first).toBe(text.replace("'7.2'\n", `'7.2'\n    digest: '${DIGEST}'\n`));
    expect(repaired(text, finding("f.yaml", 5, 40, "digest"))).toBe(
      text.replace('"7.2"}', `"7.2", digest: "${DIGEST}"}`),
    );
  });

  test("that nobody knows are not made up", () => {
    const other = text.replaceAll("7.2", "7.3");
    expect(repaired(other, finding("f.yaml", 4, 13, "digest"))).toBeUndefined();
    expect(undigested([finding("f.yaml", 4, 13, "digest")], new Map([["f.yaml", other]]))).toEqual([
      "ghcr.io/acme/redis:7.3",
      "ghcr.io/acme/redis:7.3",
    ]);
  });
});

test("marts are put in order in their pipeline's file, whatever file tells of them", () => {
  const file = "pipelines/p/pipeline.yaml";
  const text = "spec:\n  marts:\n    - name: a\n    - name: b\n";
  const edits = planRepairs([finding("pipelines/p/gold/a.sql", 3, 6, "order")], {
    files: new Map([[file, text]]),
    digests: new Map(),
    martsRead: (_, mart) => (mart === "a" ? ["b"] : []),
  });
  expect(edits).toEqual(new Map([[file, "spec:\n  marts:\n    - name: b\n    - name: a\n"]]));
});
