import { assert, constantFrom, nat, property } from "fast-check";
import { expect, test } from "vitest";
import { didYouMean, nearest } from "./did-you-mean.ts";

const KEYS = ["name", "description", "source", "keys", "partitionBy", "write", "columns", "quality", "sql"];

test.each([
  ["partitonBy", "partitionBy"],
  ["partition_by", "partitionBy"],
  ["partition-by", "partitionBy"],
  ["PARTITIONBY", "partitionBy"],
  ["kyes", "keys"],
  ["key", "keys"],
  ["soruce", "source"],
  ["descripton", "description"],
  ["sqll", "sql"],
])("%s was meant to be %s", (word, meant) => {
  expect(didYouMean(word, KEYS)).toBe(`did you mean \`${meant}\`?`);
});

test.each(["foo", "x", "", "---", "retries", "sources of truth"])("nothing is near to %j", (word) => {
  expect(nearest(word, ["name", "quality", "columns"])).toBeUndefined();
});

test("the nearest wins, and of two as near the first", () => {
  expect(nearest("silver.order", ["silver.orders", "silver.border"])).toBe("silver.orders");
  expect(nearest("b", ["a"])).toBeUndefined();
});

test("one slip in a word of five letters or more is always understood", () => {
  const words = constantFrom(...KEYS.filter((key) => key.length >= 5));
  assert(
    property(words, nat(), constantFrom("drop", "double", "swap"), (word, at, slip) => {
      const index = at % (word.length - 1);
      const [before, a = "", b = "", after] = [
        word.slice(0, index),
        word[index],
        word[index + 1],
        word.slice(index + 2),
      ];
      const written = {
        drop: before + b + after,
        double: before + a + a + b + after,
        swap: before + b + a + after,
      };
      expect(nearest(written[slip], KEYS)).toBe(word);
    }),
  );
});
