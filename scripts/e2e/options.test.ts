import { expect, test } from "vitest";
import { groups, parseE2eOptions } from "./options.ts";

test("all groups are run when none is named, each else once and in its turn", () => {
  expect(parseE2eOptions([]).only).toEqual(Object.keys(groups));
  expect(parseE2eOptions(["--only", "faults", "--only", "drift"]).only).toEqual(["faults", "drift"]);
});

test.each([
  { argv: ["--only", "fault"], says: /^there is no group fault; .*faults/ },
  { argv: ["--nonsense"], says: /nonsense.*--help/s },
])("$argv is refused", ({ argv, says }) => {
  expect(() => parseE2eOptions(argv)).toThrow(says);
});
