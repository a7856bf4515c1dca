import { expect, test } from "vitest";
import { groups, parseE2eOptions, whyNoTime } from "./options.ts";

test("all groups are run when none is named, each else once and in its turn", () => {
  expect(parseE2eOptions([]).only).toEqual(Object.keys(groups));
  expect(parseE2eOptions(["--only", "faults", "--only", "drift"]).only).toEqual(["faults", "drift"]);
});

test.each([
  { argv: ["--only", "fault"], says: /^there is no group fault; .*faults/ },
  { argv: ["--minutes", "soon"], says: /^--minutes soon: expected a whole number/ },
  { argv: ["--nonsense"], says: /nonsense.*--help/s },
])("$argv is refused", ({ argv, says }) => {
  expect(() => parseE2eOptions(argv)).toThrow(says);
});

test("a group that might not end in time is left out, and said to be", () => {
  expect(whyNoTime({ minutes: undefined }, "faults", 9_999)).toBeUndefined();
  expect(whyNoTime({ minutes: 60 }, "faults", 40 * 60)).toBeUndefined();
  expect(whyNoTime({ minutes: 60 }, "faults", 49 * 60)).toBe(
    "faults was skipped: 11 of 60 minutes are left, and it takes up to 12",
  );
});
