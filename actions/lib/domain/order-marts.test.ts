import { describe, expect, test } from "vitest";
import { orderMarts } from "./order-marts.ts";

const head = "kind: Pipeline # kept\nspec:\n  marts:\n";
const needs = (map: Record<string, string[]>) => (mart: string) => map[mart] ?? [];

describe("orderMarts", () => {
  test("a block moves with the comments above it, and blank lines stay between", () => {
    const text = `${head}    # sums\n    - name: sums   # of all\n      sql: gold/sums.sql\n\n    # days\n    - {name: days, sql: gold/days.sql}\n  resources: small\n`;
    expect(orderMarts(text, needs({ sums: ["days"] }))).toBe(
      `${head}    # days\n    - {name: days, sql: gold/days.sql}\n\n    # sums\n    - name: sums   # of all\n      sql: gold/sums.sql\n  resources: small\n`,
    );
  });

  test("what needs not move stays where it is", () => {
    const item = (name: string): string => `    - name: ${name}\n`;
    const text = head + ["a", "b", "c", "d"].map(item).join("");
    expect(orderMarts(text, needs({ b: ["d"] }))).toBe(head + ["a", "c", "d", "b"].map(item).join(""));
  });

  test("line ends stay as they are, and a last line without one", () => {
    const text = `${head}    - name: a\n    - name: b`.replaceAll("\n", "\r\n");
    expect(orderMarts(text, needs({ a: ["b"] }))).toBe(
      `${head}    - name: b\n    - name: a`.replaceAll("\n", "\r\n"),
    );
  });

  test("a list in brackets keeps its commas", () => {
    const text = "spec: { marts: [ {name: a}, # first\n {name: b} ] }\n";
    expect(orderMarts(text, needs({ a: ["b"] }))).toBe(
      "spec: { marts: [ {name: b}, # first\n {name: a} ] }\n",
    );
  });

  test.each([
    ["it is in order", `${head}    - name: a\n    - name: b\n`, { b: ["a"] }],
    ["there is a circle", `${head}    - name: a\n    - name: b\n`, { a: ["b"], b: ["a"] }],
    [
      "an anchor would come after its alias",
      `${head}    - &x\n      name: a\n    - name: b\n      grain: *x\n`,
      { a: ["b"] },
    ],
    ["it is no YAML", `${head}    - name: [\n`, {}],
    ["there are none", "spec: {}\n", {}],
  ])("nothing is changed where %s", (_, text, map) => {
    expect(orderMarts(text, needs(map as Record<string, string[]>))).toBeUndefined();
  });
});
