import {
  array,
  assert,
  constantFrom,
  dictionary,
  jsonValue,
  property,
  string,
  stringMatching,
} from "fast-check";
import { describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { pointTo } from "./json-pointer.ts";
import { parseYaml } from "./parse-yaml.ts";

function told(content: string | Uint8Array): string[] {
  return parseYaml(content, "f").findings.map(({ line, column, rule }) => `${line}:${column} ${rule}`);
}

describe("what is wrong with a file, and where", () => {
  const cases: [what: string, text: string, finding: string][] = [
    ["a tab", "a:\n\tb: 1\n", "2:1 yaml/tab"],
    ["a tab after spaces", "a:\n  b: 1\n  \tc: 2\n", "3:3 yaml/tab"],
    ["a tab in a list", "- \ta: 1\n", "1:3 yaml/tab"],
    ["a tab in a text block", "a: |\n  x\n\ty\n", "3:1 yaml/tab"],
    ["an unclosed list", "a: 1\nb: [1,\nc: 2\n", "2:4 yaml/syntax"],
    ["an unclosed mapping in a list", "a: [1, {b: 2\nc: 3\n", "1:8 yaml/syntax"],
    ["an unclosed quote", "a: 'abc\nb: 2\n", "1:4 yaml/syntax"],
    ["an unclosed double quote", 'a: 1\nb: "x\\"\n', "2:4 yaml/syntax"],
    ["two keys on a line", "a: b: c\n", "1:4 yaml/syntax"],
    ["too much indentation", "a: 1\n b: 2\n", "2:2 yaml/syntax"],
    ["too little indentation", "a:\n   b: 1\n  c: 2\n", "3:3 yaml/syntax"],
    ["a list that moves", "a:\n  - b\n - c\n", "3:2 yaml/syntax"],
    ["a reserved character", "a: @x\n", "1:4 yaml/syntax"],
    ["a bad escape", 'a: "\\q"\n', "1:5 yaml/syntax"],
    ["a duplicate key", "a:\n  b: 1\n  b: 2\n", "3:3 yaml/duplicate-key"],
    ["a duplicate key written otherwise", "a: 1\n'a': 2\n", "2:1 yaml/duplicate-key"],
    ["a key that is a list", "? [a]\n: 1\n", "1:3 yaml/key-not-text"],
    ["an anchor in itself", "a: &x\n  b: [*x]\n", "2:7 yaml/anchor-loop"],
    ["an anchor that comes later", "a: *x\nb: &x 1\n", "1:4 yaml/unknown-anchor"],
    ["a tag", "a: !secret b\n", "1:4 yaml/tag"],
    ["a directive", "%YAML 1.1\n---\na: yes\n", "1:1 yaml/directive"],
    ["a second document", "a: 1\n---\nb: 2\n", "2:1 yaml/multiple-documents"],
    ["nothing", "", "1:1 yaml/empty"],
    ["only a comment", "# a\n", "1:1 yaml/empty"],
    ["a control character", 'a: "\u0007"\n', "1:5 yaml/control-character"],
    ["lines that end as in DOS", "a:\r\n  b: 1\r\n  b: 2\r\n", "3:3 yaml/duplicate-key"],
    ["a byte-order mark", "\uFEFFa: [\n", "1:4 yaml/syntax"],
  ];
  test.each(cases)("%s", (_what, text, finding) => {
    expect(told(text)).toEqual([finding]);
    const [found] = parseYaml(text, "f").findings;
    expect(found?.expected).toBeTruthy();
    expect(found?.fix).toBeTruthy();
  });

  test("bytes that are no UTF-8", () => {
    expect(told(Uint8Array.from([...Buffer.from("a: 1\nb: "), 0xe9, 0x0a]))).toEqual(["2:4 file/not-utf8"]);
    expect(told(Buffer.from("\uFEFFa: 1\n", "utf16le"))).toEqual(["1:1 file/not-utf8"]);
  });

  test("each duplicate key is told, and the rest of the file is still read", () => {
    const { findings, document } = parseYaml("a: 1\na: 2\nb: 3\nb: 4\n", "f");
    expect(findings.map(({ message }) => message)).toEqual([
      "`a` stands twice; the first is on line 1",
      "`b` stands twice; the first is on line 3",
    ]);
    expect(document?.value).toEqual({ a: 1, b: 3 });
  });
});

describe("what is read", () => {
  test("YAML 1.2: what looks like a truth value or a time elsewhere is text", () => {
    const { document } = parseYaml("on: yes\nday: 2026-01-31\nn: 012\nt: true\nx: ~\ny:\n", "f");
    expect(document?.value).toEqual({ on: "yes", day: "2026-01-31", n: 12, t: true, x: null, y: null });
  });

  test("an alias stands for a copy, found where the alias is and where its value was written", () => {
    const { document } = parseYaml("a: &x { k: 1 }\nb: *x\n", "f");
    expect(document?.value).toEqual({ a: { k: 1 }, b: { k: 1 } });
    expect(document?.positions.key("/b")).toEqual({ line: 2, column: 1 });
    expect(document?.positions.value("/b/k")).toEqual({ line: 1, column: 12 });
  });

  test("a value that is not there is told at the nearest one around it", () => {
    const positions = parseYaml("a:\n  - b: 1\n", "f").document?.positions;
    expect(positions?.value("/a/0/c/d")).toEqual({ line: 2, column: 5 });
    expect(positions?.key("/a/0/c")).toEqual({ line: 2, column: 5 });
    expect(positions?.key("/z")).toEqual({ line: 1, column: 1 });
  });

  test("a key named like a part of every object is a key", () => {
    const { document } = parseYaml("__proto__: { x: 1 }\nconstructor: 2\n", "f");
    expect(Object.keys(document?.value as object)).toEqual(["__proto__", "constructor"]);
  });
});

describe("bounds", () => {
  function lol(levels: number): string {
    const level = (index: number): string => `a${index}: &a${index} [${Array(10).fill(`*a${index - 1}`)}]\n`;
    return `a0: &a0 x\n${Array.from({ length: levels }, (_, index) => level(index + 1)).join("")}`;
  }
  const megabyte = 1024 * 1024;
  const cases: [what: string, text: string, rule: string | undefined][] = [
    ["a file of 50 MB", "x".repeat(50_000_000), "file/too-large"],
    ["a billion laughs", lol(9), "yaml/alias-expansion"],
    ["a thousand laughs", lol(3), undefined],
    ["deep brackets", "[".repeat(megabyte), "yaml/too-deep"],
    ["deep lists", "- ".repeat(megabyte / 2), "yaml/too-deep"],
    ["deep mappings", "{a: ".repeat(megabyte / 4), "yaml/too-deep"],
    ["many keys", Array.from({ length: 40_000 }, (_, index) => `k${index}:\n`).join(""), undefined],
    ["many duplicate keys", "a: &a\n".repeat(40_000), "yaml/duplicate-key"],
    ["many quotes", "'".repeat(megabyte - 1), "yaml/syntax"],
  ];
  test.each(cases)("%s take little time", (_what, text, rule) => {
    const start = performance.now();
    expect(parseYaml(text, "f").findings[0]?.rule).toBe(rule);
    expect(performance.now() - start).toBeLessThan(8000);
  });
});

describe("for any data", () => {
  const key = stringMatching(/^[a-z/~]{1,6}$/);

  test("it is read as it was written, and every value is found where it stands", () => {
    assert(
      property(dictionary(key, jsonValue({ maxDepth: 3 }), { minKeys: 1 }), (data) => {
        const text = stringify(data, { version: "1.2", aliasDuplicateObjects: false, lineWidth: 0 });
        const { document, findings } = parseYaml(text, "f");
        // Negative zero is the one number that JSON cannot hold.
        if (findings.length === 0) expect(JSON.stringify(document?.value)).toBe(JSON.stringify(data));
        for (const [name, value] of Object.entries(data)) {
          const lines = text.split("\n");
          const at = document?.positions.key(pointTo("", name)) ?? { line: 0, column: 0 };
          expect(lines[at.line - 1]?.slice(at.column - 1)).toMatch(/^["']?[a-z/~]/);
          if (typeof value !== "number") continue;
          const place = document?.positions.value(pointTo("", name)) ?? { line: 0, column: 0 };
          expect(Number(lines[place.line - 1]?.slice(place.column - 1))).toBeCloseTo(value);
        }
      }),
    );
  });

  test("it never throws, and every finding lies in the file", () => {
    const pieces = constantFrom(
      "a",
      ": ",
      "\n",
      "  ",
      "\t",
      "- ",
      "[",
      "]",
      "{",
      "}",
      "'",
      '"',
      "&a ",
      "*a ",
      "!t ",
      "|",
      "#",
      "---\n",
      "%",
      ",",
      "? ",
    );
    assert(
      property(array(pieces, { maxLength: 40 }), (parts) => {
        const text = parts.join("");
        const lines = text.split("\n");
        for (const { line, column } of parseYaml(text, "f").findings) {
          expect(line).toBeLessThanOrEqual(lines.length);
          expect(column).toBeLessThanOrEqual((lines[line - 1] ?? "").length + 1);
        }
      }),
      { numRuns: 1000 },
    );
    assert(property(string({ unit: "binary" }), (text) => parseYaml(text, "f").findings.length >= 0));
  });
});
