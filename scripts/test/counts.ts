/** What one part of the tests found. */
export interface Counts {
  passed: number;
  failed: number;
  /** Tests that were left out; they count as neither. */
  skipped: number;
}

/** Counts a check that passes or fails as a whole. */
export function countCheck(exitCode: number): Counts {
  return { passed: exitCode === 0 ? 1 : 0, failed: exitCode === 0 ? 0 : 1, skipped: 0 };
}

/**
 * Counts the tests of a Vitest run.
 *
 * @param report the JSON reporter's text, or `undefined` when it wrote none
 * @param exitCode Vitest's
 * @returns the counts; a run that failed in another way than by a test (a file that cannot be loaded, an error
 *   outside of a test, a crash) counts at least one failure
 */
export function countVitest(report: string | undefined, exitCode: number): Counts {
  const {
    numPassedTests = 0,
    numFailedTests = 0,
    numPendingTests = 0,
    numTodoTests = 0,
    testResults = [],
  } = parseJson(report) as {
    numPassedTests?: number;
    numFailedTests?: number;
    numPendingTests?: number;
    numTodoTests?: number;
    testResults?: { status: string; assertionResults: unknown[] }[];
  };
  const broken = testResults.filter(
    ({ status, assertionResults }) => status === "failed" && assertionResults.length === 0,
  ).length;
  return settle(numPassedTests, numFailedTests + broken, numPendingTests + numTodoTests, exitCode);
}

/**
 * Counts the tests of a pytest run.
 *
 * @param report the JUnit XML's text, or `undefined` when it wrote none
 * @param exitCode pytest's
 * @returns the counts; a run that failed in another way than by a test counts at least one failure
 */
export function countPytest(report: string | undefined, exitCode: number): Counts {
  const suites = [...(report ?? "").matchAll(/<testsuite\s([^>]*)>/g)].map(([, attributes = ""]) => {
    const number = (name: string): number =>
      Number(new RegExp(`\\b${name}="(\\d+)"`).exec(attributes)?.[1] ?? 0);
    return {
      tests: number("tests"),
      failed: number("failures") + number("errors"),
      skipped: number("skipped"),
    };
  });
  const sum = (of: "tests" | "failed" | "skipped"): number =>
    suites.reduce((all, suite) => all + suite[of], 0);
  // A test whose teardown fails is counted twice by pytest, as passed and as an error.
  const passed = Math.max(0, sum("tests") - sum("failed") - sum("skipped"));
  return settle(passed, sum("failed"), sum("skipped"), exitCode);
}

function settle(passed: number, failed: number, skipped: number, exitCode: number): Counts {
  const untold = failed === 0 && (exitCode !== 0 || passed === 0);
  return { passed, failed: untold ? 1 : failed, skipped };
}

function parseJson(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? "{}") ?? {};
  } catch {
    return {};
  }
}
