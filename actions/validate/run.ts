import type { ActionResult } from "../lib/domain/action-result.ts";
import { changedFirst } from "../lib/domain/changes.ts";
import { checkPipeline } from "../lib/domain/check-pipeline.ts";
import { checkPipelines } from "../lib/domain/check-pipelines.ts";
import { checkStale } from "../lib/domain/check-stale.ts";
import { environmentsOf } from "../lib/domain/environments.ts";
import { type Finding, sortFindings } from "../lib/domain/finding.ts";
import { planGenerated } from "../lib/domain/plan-generated.ts";
import { planContents } from "../lib/domain/plan-images.ts";
import { UserError } from "../lib/domain/user-error.ts";
import { parseVersions, VERSIONS_FILE } from "../lib/domain/versions.ts";
import type { ChangedLines } from "../lib/ports/changed-lines.ts";
import type { Logger } from "../lib/ports/logger.ts";
import type { ManifestRenderer } from "../lib/ports/manifest-renderer.ts";
import type { ManifestValidator } from "../lib/ports/manifest-validator.ts";
import type { ReportFiles } from "../lib/ports/report-files.ts";
import type { Workspace } from "../lib/ports/workspace.ts";
import { renderValidation, type Validation } from "../lib/render/render-validation.ts";
import { renderJson } from "../lib/render/render-validation-json.ts";
import { renderSarif } from "../lib/render/render-validation-sarif.ts";
import { type CheckedEnvironment, checkEnvironment } from "./check-environment.ts";
import type { Inputs } from "./inputs.ts";
import { type Repository, readRepository } from "./read-repository.ts";

/** What this action works through. */
export interface Ports {
  workspace: Workspace;
  renderer: ManifestRenderer;
  validator: ManifestValidator;
  logger: Logger;
  /** What the change touches; without it all findings are told alike. */
  changes?: ChangedLines;
  /** Where the whole list goes. */
  reports?: ReportFiles;
}

/**
 * Checks the repository: its pipelines one by one and together, what is generated from them, and every environment as
 * it will be rendered. One mistake keeps no other from being found.
 *
 * @param inputs whether to write what is stale, and what to tell first
 * @param ports the repository and the tools
 * @returns the findings, ordered by file and line, those on the lines of the change first; not `ok` when one of them is an error
 * @throws UserError when a tool cannot be had
 */
export async function run(inputs: Inputs, ports: Ports): Promise<ActionResult> {
  const { logger } = ports;
  const repository = await logger.group("pipelines", () => readRepository(ports.workspace));
  const findings = [...repository.findings, ...checkAllPipelines(repository)];
  const generated = await checkGenerated(inputs, repository, ports.workspace);
  findings.push(...generated.findings);
  const environments: CheckedEnvironment[] = [];
  for (const environment of environmentsOf(repository.tree)) {
    const check = () => checkEnvironment(environment, repository.tree, ports);
    environments.push(await logger.group(`overlays/${environment}`, check));
  }
  findings.push(...environments.flatMap((environment) => environment.findings));
  const changes = inputs.base === undefined ? undefined : await ports.changes?.since(inputs.base);
  const sorted = sortFindings(distinct(findings));
  const result = tell({
    findings: changes === undefined ? sorted : changedFirst(sorted, changes),
    pipelines: repository.pipelines.map(({ pipeline }) => pipeline.metadata.name),
    environments,
    fixed: generated.fixed,
    generatedChecked: generated.checked,
  });
  return { ...result, outputs: { ...result.outputs, ...(await writeReports(result, ports.reports)) } };
}

/** @returns the files' paths, as outputs */
async function writeReports(
  { ok, outputs, annotations }: ActionResult,
  reports: ReportFiles | undefined,
): Promise<Record<string, string>> {
  if (reports === undefined) return {};
  const objects = Number(outputs.objects);
  return {
    sarif: await reports.write("validation.sarif", renderSarif(annotations)),
    json: await reports.write("validation.json", renderJson(annotations, { ok, objects })),
  };
}

function checkAllPipelines({ pipelines, pipelineTree, entries, findings }: Repository): Finding[] {
  const told = new Set(findings.map(({ file }) => file));
  const folders = Map.groupBy(entries, ({ path }) => path.split("/")[1]);
  const runtime = folders.get("runtime") ?? [];
  const inImages = pipelines.flatMap(({ pipeline }) => {
    const own = folders.get(pipeline.metadata.name) ?? [];
    return findingsOf(() => planContents(pipeline, [...runtime, ...own]));
  });
  return [
    ...pipelines.flatMap((source) => checkPipeline(source, pipelineTree)),
    ...checkPipelines(pipelines),
    ...inImages.filter(({ file }) => !told.has(file)),
  ];
}

/** What is generated can be judged only when every pipeline is known. */
async function checkGenerated(
  inputs: Inputs,
  { complete, pipelines, tree }: Repository,
  workspace: Workspace,
): Promise<{ findings: Finding[]; fixed: string[]; checked: boolean }> {
  if (!complete) return { findings: [], fixed: [], checked: false };
  const content = await workspace.read(VERSIONS_FILE);
  const versions = findingsOr(() => parseVersions(content).of);
  if ("findings" in versions) return { findings: versions.findings, fixed: [], checked: false };
  const input = { tree, pipelines: pipelines.map(({ pipeline }) => pipeline), versions: versions.value };
  const edits = inputs.fix ? findingsOr(() => planGenerated(input)) : { value: new Map() };
  if ("findings" in edits) return { findings: edits.findings, fixed: [], checked: false };
  await applyEdits(edits.value, tree, workspace);
  const stale = findingsOr(() => checkStale(input));
  const findings = "findings" in stale ? stale.findings : stale.value;
  return { findings, fixed: [...edits.value.keys()], checked: true };
}

async function applyEdits(
  edits: ReadonlyMap<string, string | null>,
  tree: Map<string, string>,
  workspace: Workspace,
): Promise<void> {
  if (edits.size > 0) await workspace.apply(edits);
  for (const [path, text] of edits) {
    if (text === null) tree.delete(path);
    else tree.set(path, text);
  }
}

function findingsOr<T>(work: () => T): { value: T } | { findings: Finding[] } {
  try {
    return { value: work() };
  } catch (error) {
    if (error instanceof UserError && error.findings.length > 0) return { findings: [...error.findings] };
    throw error;
  }
}

function findingsOf(work: () => unknown): Finding[] {
  const result = findingsOr(work);
  return "findings" in result ? result.findings : [];
}

/** Two environments that share a base tell its mistakes twice. */
function distinct(findings: readonly Finding[]): Finding[] {
  return [...new Map(findings.map((finding) => [JSON.stringify(finding), finding])).values()];
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
