import type { ActionResult } from "../lib/domain/action-result.ts";
import { changedFirst } from "../lib/domain/changes.ts";
import type { ReportFiles } from "../lib/ports/report-files.ts";
import { renderValidation, type Validation } from "../lib/render/render-validation.ts";
import type { Inputs } from "./inputs.ts";
import type { Ports } from "./ports.ts";
import { keyOf, type Recall, readRecall } from "./recall.ts";

export type { Ports } from "./ports.ts";

/** What validating came to. */
export interface ValidationResult extends ActionResult {
  /** Files that were written, where it was asked to mend. */
  fixed: readonly string[];
}

/**
 * Checks the repository: its pipelines one by one and together, what is generated from them, and every environment as
 * it will be rendered. One mistake keeps no other from being found.
 *
 * @param inputs whether to mend what needs no decision, and what to tell first
 * @param ports the repository and the tools
 * @returns the findings, ordered by file and line, those on the lines of the change first; not `ok` when one of them is an error
 * @throws UserError when a tool cannot be had
 */
export async function run(inputs: Inputs, ports: Ports): Promise<ValidationResult> {
  const recall = await readRecall(ports);
  const programs = [ports.workflows, ports.loader, ports.analyzer].map((port) => port !== undefined);
  const key = recall && keyOf([...recall.ids], programs);
  const kept = recall?.memory.get("result", "all") as { key: string; validation: Validation } | undefined;
  const unchanged = kept !== undefined && kept.key === key && !inputs.fix ? kept.validation : undefined;
  const validation = unchanged ?? (await workOut(inputs, ports, recall));
  if (unchanged === undefined && isSettled(validation, recall)) {
    recall?.memory.set("result", "all", { key, validation });
  }
  ports.memory?.save();
  const changes = inputs.base === undefined ? undefined : await ports.changes?.since(inputs.base);
  const { findings } = validation;
  const result = tell({
    ...validation,
    findings: changes === undefined ? findings : changedFirst(findings, changes),
  });
  const outputs = { ...result.outputs, ...(await writeReports(result, ports.reports)) };
  return { ...result, outputs, fixed: validation.fixed };
}

/** Loaded when it is needed: where nothing changed, the loading would take most of the time. */
async function workOut(inputs: Inputs, ports: Ports, recall: Recall | undefined): Promise<Validation> {
  const { mend, validate } = await import("./validate-repository.ts");
  return inputs.fix ? mend(ports) : validate({ fix: false }, ports, recall);
}

/** Whether the same files would always come to the same: no time limit and no file that Git ignores played a part. */
function isSettled({ findings, fixed }: Validation, recall: Recall | undefined): boolean {
  const isByFiles = !findings.some(({ rule }) => rule.startsWith("kustomize/"));
  return recall?.isComplete === true && isByFiles && fixed.length === 0;
}

/** @returns the files' paths, as outputs */
async function writeReports(
  { ok, outputs, annotations }: ActionResult,
  reports: ReportFiles | undefined,
): Promise<Record<string, string>> {
  if (reports === undefined) return {};
  const { renderJson } = await import("../lib/render/render-validation-json.ts");
  const { renderSarif } = await import("../lib/render/render-validation-sarif.ts");
  const objects = Number(outputs.objects);
  return {
    sarif: await reports.write("validation.sarif", renderSarif(annotations)),
    json: await reports.write("validation.json", renderJson(annotations, { ok, objects })),
  };
}

function tell(validation: Validation): ActionResult {
  const errors = validation.findings.filter(({ severity }) => severity === "error").length;
  const objects = validation.environments.reduce((sum, environment) => sum + (environment.objects ?? 0), 0);
  return {
    ok: errors === 0,
    outputs: { errors: String(errors), objects: String(objects) },
    summary: renderValidation(validation),
    annotations: validation.findings,
  };
}
