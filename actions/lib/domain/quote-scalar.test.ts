import fc from "fast-check";
import { expect, test } from "vitest";
import { parseDocument } from "yaml";
import { quoteScalar } from "./quote-scalar.ts";

test.each([
  ["0a1b2c3d4e5f6071", "plain", "0a1b2c3d4e5f6071"],
  ["localhost:5001/breweries-silver", "plain", "localhost:5001/breweries-silver"],
  [`sha256:${"0".repeat(64)}`, "plain", `sha256:${"0".repeat(64)}`],
  ["1234567890123456", "plain", '"1234567890123456"'],
  ["12e4567890123456", "plain", '"12e4567890123456"'],
  ["0123456701234567", "plain", '"0123456701234567"'],
  ["0b10101010101010", "plain", '"0b10101010101010"'],
  ["true", "plain", '"true"'],
  ["yes", "plain", '"yes"'],
  ["", "plain", '""'],
  ["a, b", "plain", '"a, b"'],
  ["a # b", "plain", '"a # b"'],
  ["abc", "single", "'abc'"],
  ["it's", "single", "'it''s'"],
  ["abc", "double", '"abc"'],
] as const)("%s written %s is %s", (text, quote, source) => {
  expect(quoteScalar(text, quote)).toBe(source);
});

test("what is written is read back, in a line and in a flow mapping, by YAML 1.1 and 1.2", () => {
  const text = fc.oneof(
    fc.stringMatching(/^[0-9a-f]{16}$/),
    fc.stringMatching(/^[0-9]{1,8}e?[0-9]{1,8}$/),
    fc.stringMatching(/^[0-9]{1,2}[a-fox_]{1,3}[0-9a-f]{0,4}$/),
    fc.stringMatching(/^[A-Za-z][\w./-]{3,8}(?::[\w./-]{1,3})?$/),
    fc.stringMatching(/^[ -~]*$/),
  );
  fc.assert(
    fc.property(text, fc.constantFrom("plain", "single", "double"), (value, quote) => {
      const source = quoteScalar(value, quote);
      for (const version of ["1.1", "1.2"] as const) {
        expect(parseDocument(`key: ${source} # comment\n`, { version }).toJS()).toEqual({ key: value });
        expect(parseDocument(`{key: ${source}, b: 1}`, { version }).toJS()).toEqual({ key: value, b: 1 });
      }
    }),
    { numRuns: 300 },
  );
});
