import { actionsRunner, type Runner } from "../adapters/actions-core.ts";
import type { ActionResult } from "../domain/action-result.ts";
import { formatFinding } from "../domain/finding.ts";
import { planFailure, planReport, type Report } from "./plan-report.ts";
import { inputsFromEnvironment, type ReadInput } from "./read-inputs.ts";

/**
 * Runs an action as a step of a workflow: reads its inputs, runs it, and writes its outputs, job summary and
 * annotations, within GitHub's limits. The process's exit code is 1 when it failed, whatever was thrown.
 *
 * @param load makes the inputs out of the step's `with:`; its `UserError`s are told like those of `run`
 * @param run the action
 * @param connect makes the adapters that `run` works through, once the inputs are known
 * @param codes `couldNotRun`: the exit code where nothing is known, because a tool failed or there is a bug; 1 by default
 */
export async function runAction<Inputs, Ports>(
  load: (read: ReadInput) => Inputs,
  run: (inputs: Inputs, ports: Ports) => Promise<ActionResult>,
  connect: (inputs: Inputs) => Ports | Promise<Ports>,
  { couldNotRun = 1 }: { couldNotRun?: number } = {},
): Promise<void> {
  // Set first: a promise that never settles ends the process without anyone having said that it went well.
  process.exitCode = couldNotRun;
  const { report, answered } = await attempt(load, run, connect);
  const ok = await tell(report, actionsRunner());
  process.exitCode = ok ? 0 : answered ? 1 : couldNotRun;
}

async function attempt<Inputs, Ports>(
  load: (read: ReadInput) => Inputs,
  run: (inputs: Inputs, ports: Ports) => Promise<ActionResult>,
  connect: (inputs: Inputs) => Ports | Promise<Ports>,
): Promise<{ report: Report; answered: boolean }> {
  try {
    const inputs = load(inputsFromEnvironment(process.env));
    return { report: planReport(await run(inputs, await connect(inputs))), answered: true };
  } catch (thrown) {
    const report = planFailure(thrown);
    return { report, answered: report.annotations.length > 0 };
  }
}

async function tell(report: Report, runner: Runner): Promise<boolean> {
  for (const finding of report.annotations) runner.annotate(finding);
  for (const finding of report.unannotated) runner.log(formatFinding(finding));
  if (report.unannotated.length > 0)
    runner.log(`and ${report.unannotated.length} more, listed above and in the summary`);
  if (report.stack !== undefined) runner.log(report.stack);
  if (report.failure !== undefined) runner.fail(report.failure);
  for (const [name, value] of Object.entries(report.outputs)) runner.output(name, value);
  if (report.summary.trim() !== "") await runner.summary(report.summary);
  return report.ok;
}
