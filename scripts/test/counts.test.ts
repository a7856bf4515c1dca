import { describe, expect, test } from "vitest";
import { countCheck, countPytest, countVitest } from "./counts.ts";

test("a check counts one", () => {
  expect(countCheck(0)).toEqual({ passed: 1, failed: 0, skipped: 0 });
  expect(countCheck(2)).toEqual({ passed: 0, failed: 1, skipped: 0 });
});

describe("countVitest", () => {
  const report = (more: object) =>
    JSON.stringify({ numPassedTests: 5, numFailedTests: 0, numPendingTests: 1, numTodoTests: 1, ...more });
  test.each([
    ["a good run", report({}), 0, { passed: 5, failed: 0, skipped: 2 }],
    ["failed tests", report({ numFailedTests: 2 }), 1, { passed: 5, failed: 2, skipped: 2 }],
    [
      "a file that cannot be loaded",
      report({ numFailedTests: 1, testResults: [{ status: "failed", assertionResults: [] }] }),
      1,
      { passed: 5, failed: 2, skipped: 2 },
    ],
    ["an error outside of a test", report({}), 1, { passed: 5, failed: 1, skipped: 2 }],
    ["no test at all", report({ numPassedTests: 0 }), 0, { passed: 0, failed: 1, skipped: 2 }],
    ["a crash before the report", undefined, 134, { passed: 0, failed: 1, skipped: 0 }],
    ["half a report", "{", 1, { passed: 0, failed: 1, skipped: 0 }],
    ["a run that says it was good and reports nothing", undefined, 0, { passed: 0, failed: 1, skipped: 0 }],
  ])("%s", (_, text, exitCode, counts) => {
    expect(countVitest(text, exitCode)).toEqual(counts);
  });
});

describe("countPytest", () => {
  const report = (attributes: string) =>
    `<?xml version="1.0"?><testsuites name="pytest tests"><testsuite name="pytest" ${attributes} time="1.5"><testcase name='errors="9"'/></testsuite></testsuites>`;
  test.each([
    [
      "a good run",
      report('errors="0" failures="0" skipped="1" tests="8"'),
      0,
      { passed: 7, failed: 0, skipped: 1 },
    ],
    [
      "failures and errors",
      report('errors="2" failures="1" skipped="0" tests="8"'),
      1,
      { passed: 5, failed: 3, skipped: 0 },
    ],
    [
      "no test was collected",
      report('errors="0" failures="0" skipped="0" tests="0"'),
      5,
      { passed: 0, failed: 1, skipped: 0 },
    ],
    ["a crash of the interpreter", undefined, 139, { passed: 0, failed: 1, skipped: 0 }],
    [
      "a good report of a run that failed",
      report('errors="0" failures="0" skipped="0" tests="3"'),
      3,
      { passed: 3, failed: 1, skipped: 0 },
    ],
  ])("%s", (_, text, exitCode, counts) => {
    expect(countPytest(text, exitCode)).toEqual(counts);
  });
});
