import {
  array,
  assert,
  constantFrom,
  dictionary,
  integer,
  letrec,
  oneof,
  property,
  string,
} from "fast-check";
import { expect, test } from "vitest";
import { Document, isScalar, visit } from "yaml";
import { yamlText } from "./generated-text.ts";

/** As the library writes it, node by node. */
function byLibrary(value: object): string {
  const document = new Document(value, { aliasDuplicateObjects: false });
  visit(document, {
    Seq: (_key, node) => {
      const items: readonly unknown[] = node.items;
      if (items.every((item) => isScalar(item) && /^[\w-]{0,24}$/.test(String(item.value)))) node.flow = true;
    },
  });
  return document.toString({ lineWidth: 0, flowCollectionPadding: false });
}

test("is what the library writes, to the byte", () => {
  const text = oneof(
    constantFrom(
      "yes",
      "null",
      "0123",
      "1e3",
      "a: b",
      "#x",
      "- a",
      "@daily",
      "*",
      "{}",
      "",
      "-XX:+Use",
      "sha256:0a",
      "true",
    ),
    string(),
  ).filter((value) => !/[\n\r]/.test(value));
  const { value } = letrec((tie) => ({
    value: oneof(
      { maxDepth: 4 },
      text,
      integer(),
      constantFrom(true, false),
      array(tie("value"), { maxLength: 4 }),
      dictionary(text, tie("value"), { maxKeys: 4 }),
    ),
  }));
  const object = dictionary(
    string({ minLength: 1 }).filter((key) => /^[\w./-]+$/.test(key)),
    value,
    { minKeys: 1 },
  );
  assert(
    property(object, (data) => {
      expect(yamlText(data)).toBe(byLibrary(data));
    }),
    { numRuns: 500, seed: 5 },
  );
});

test.each([
  { a: { b: [{ c: "x y", d: [] }, [["e f"], {}], "g h"] } },
  { a: ["", "b", 1, true], long: "word ".repeat(60) },
  { a: { b: undefined, c: 1 }, d: {} },
])("also of %j", (data) => {
  expect(yamlText(data)).toBe(byLibrary(JSON.parse(JSON.stringify(data))));
});
