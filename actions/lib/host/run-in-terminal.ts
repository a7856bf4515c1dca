import type { ActionResult } from "../domain/action-result.ts";
import { formatFinding } from "../domain/finding.ts";
import { planFailure, planReport, type Report } from "./plan-report.ts";

/**
 * Runs an action's work on a laptop and tells how it went: findings on standard error as `file:line:column: …`,
 * which editors and terminals can follow, without GitHub's limits.
 *
 * @param work calls the action's `run`
 * @param write where the text goes, standard error unless told
 * @returns the result, or `undefined` when it threw; the process's exit code is 1 when it failed
 */
export async function runInTerminal(
  work: () => Promise<ActionResult>,
  write: (text: string) => void = (text) => process.stderr.write(text),
): Promise<ActionResult | undefined> {
  try {
    const result = await work();
    tell(planReport(result), write);
    return result;
  } catch (thrown) {
    tell(planFailure(thrown), write);
    return undefined;
  }
}

function tell(report: Report, write: (text: string) => void): void {
  for (const finding of [...report.annotations, ...report.unannotated]) write(`${formatFinding(finding)}\n`);
  if (report.stack !== undefined) write(`${report.stack}\n`);
  if (report.failure !== undefined) write(`error: ${report.failure}\n`);
  if (!report.ok) process.exitCode = 1;
}
