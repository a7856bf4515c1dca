import type { ActionResult } from "../lib/domain/action-result.ts";
import { changedFirst } from "../lib/domain/changes.ts";
import { checkAssets } from "../lib/domain/check-assets.ts";
import { checkPipeline } from "../lib/domain/check-pipeline.ts";
import { checkPipelines } from "../lib/domain/check-pipelines.ts";
import { checkStale } from "../lib/domain/check-stale.ts";
import { environmentsOf } from "../lib/domain/environments.ts";
import { type Finding, sortFindings } from "../lib/domain/finding.ts";
import { generatedPaths } from "../lib/domain/generate-manifests.ts";
import type { Pipeline } from "../lib/domain/pipeline-type.ts";
import { planGenerated } from "../lib/domain/plan-generated.ts";
import { planContents } from "../lib/domain/plan-images.ts";
import type { TemplateVersions } from "../lib/domain/spark-template.ts";
import { UserError } from "../lib/domain/user-error.ts";
import { parseVersions, VERSIONS_FILE } from "../lib/domain/versions.ts";
import type { ChangedLines } from "../lib/ports/changed-lines.ts";
import type { ImageRegistry } from "../lib/ports/image-registry.ts";
import type { Logger } from "../lib/ports/logger.ts";
import type { ManifestRenderer } from "../lib/ports/manifest-renderer.ts";
import type { ManifestValidator } from "../lib/ports/manifest-validator.ts";
import type { Memory } from "../lib/ports/memory.ts";
import type { PipelineLoader } from "../lib/ports/pipeline-loader.ts";
import type { ReportFiles } from "../lib/ports/report-files.ts";
import type { WorkflowChecker } from "../lib/ports/workflow-checker.ts";
import type { Workspace } from "../lib/ports/workspace.ts";
import { renderValidation, type Validation } from "../lib/render/render-validation.ts";
import { renderJson } from "../lib/render/render-validation-json.ts";
import { renderSarif } from "../lib/render/render-validation-sarif.ts";
import { type CheckedEnvironment, checkEnvironment } from "./check-environment.ts";
import { checkLoading } from "./check-loading.ts";
import { checkWorkflows } from "./check-workflows.ts";
import type { Inputs } from "./inputs.ts";
import { type Repository, readRepository } from "./read-repository.ts";
import { keyOf, type Recall, readRecall, remembered } from "./recall.ts";
import { repair } from "./repair.ts";

/** What this action works through. */
export interface Ports {
  workspace: Workspace;
  renderer: ManifestRenderer;
  validator: ManifestValidator;
  logger: Logger;
  /** Loads the pipelines in Airflow; without it none is. */
  loader?: PipelineLoader;
  /** Checks workflows; without it none is. */
  workflows?: WorkflowChecker;
  /** What earlier runs worked out. */
  memory?: Memory;
  /** What the change touches; without it all findings are told alike. */
  changes?: ChangedLines;
  /** Where the whole list goes. */
  reports?: ReportFiles;
  /** Knows the digests of images; asked only to mend. */
  registry?: Pick<ImageRegistry, "digest">;
}

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
  const key = recall && keyOf([...recall.ids]);
  const kept = recall?.memory.get("result", "all") as { key: string; validation: Validation } | undefined;
  const unchanged = kept !== undefined && kept.key === key && !inputs.fix ? kept.validation : undefined;
  const validation =
    unchanged ?? (await (inputs.fix ? mend(ports) : validate({ fix: false }, ports, recall)));
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

/** Whether the same files would always come to the same: no time limit and no file that Git ignores played a part. */
function isSettled({ findings, fixed }: Validation, recall: Recall | undefined): boolean {
  const isByFiles = !findings.some(({ rule }) => rule.startsWith("kustomize/"));
  return recall?.isComplete === true && isByFiles && fixed.length === 0;
}

/** One mistake may hide another, and what is generated follows what it is generated from. */
const ROUNDS = 5;

/** Mends and validates in turn, until nothing more can be mended. */
async function mend(ports: Ports): Promise<Validation> {
  const fixed = new Set<string>();
  for (let round = 1; ; round += 1) {
    const validation = await validate({ fix: true }, ports, await readRecall(ports));
    const written = round < ROUNDS ? await repair(validation.findings, ports) : [];
    for (const path of [...validation.fixed, ...written]) fixed.add(path);
    if (written.length === 0) return { ...validation, fixed: [...fixed].sort() };
  }
}

async function validate(inputs: Inputs, ports: Ports, recall: Recall | undefined): Promise<Validation> {
  const { logger } = ports;
  const repository = await logger.group("pipelines", () => readRepository(ports.workspace, recall));
  const findings = [...repository.findings, ...checkAllPipelines(repository, recall)];
  const generated = await checkGenerated(inputs, repository, ports.workspace, recall);
  // Airflow takes seconds to start; meanwhile the environments are rendered.
  const inPython = loadPipelines(repository, ports, recall);
  findings.push(...generated.findings, ...(await checkWorkflows(ports.workflows, repository.all, recall)));
  const written = generated.fixed.length > 0;
  const isPartial = repository.findings.some(({ file }) => !file.startsWith("pipelines/"));
  const environments: CheckedEnvironment[] = [];
  for (const environment of environmentsOf(repository.tree)) {
    const known = written ? await readRecall(ports) : recall;
    const check = () =>
      checkEnvironment(environment, repository.tree, { ...ports, recall: known, isPartial });
    environments.push(await logger.group(`overlays/${environment}`, check));
  }
  // A generated file that is missing is missing to kustomize too.
  const missing = generated.findings.map(({ file }) => `${file} does not exist`);
  const inEnvironments = environments.flatMap((environment) => environment.findings);
  findings.push(...inEnvironments.filter(({ message }) => !missing.includes(message)), ...(await inPython));
  return {
    findings: sortFindings(distinct(findings)),
    pipelines: repository.pipelines.map(({ pipeline }) => pipeline.metadata.name),
    environments: environments.map(({ environment, objects }) => ({ environment, objects })),
    fixed: generated.fixed,
    generatedChecked: generated.checked,
  };
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

function checkAllPipelines(repository: Repository, recall: Recall | undefined): Finding[] {
  const { pipelines, entries, findings } = repository;
  const told = new Set(findings.map(({ file }) => file));
  const folders = Map.groupBy(entries, ({ path }) => path.split("/")[1] ?? "");
  const idsOf = (folder: string): unknown[] =>
    (folders.get(folder) ?? []).map(({ path }) => [path, recall?.ids.get(path)]);
  const runtime = keyOf(idsOf("runtime"));
  return [
    ...pipelines.flatMap((source) => {
      const { name } = source.pipeline.metadata;
      const own = folders.get(name) ?? [];
      const check = (): Finding[] => {
        const tree = { ...repository.pipelineTree, paths: new Set(own.map(({ path }) => path)) };
        const files = [...(folders.get("runtime") ?? []), ...own];
        const inImages = findingsOf(() => planContents(source.pipeline, files));
        return [...checkPipeline(source, tree), ...inImages.filter(({ file }) => !told.has(file))];
      };
      return remembered(recall, "checked", name, keyOf(idsOf(name), runtime), check);
    }),
    ...checkPipelines(pipelines),
    ...checkAssets(pipelines),
  ];
}

function loadPipelines(
  { pipelines, entries }: Repository,
  { loader, workspace }: Ports,
  recall: Recall | undefined,
): Promise<Finding[]> {
  if (loader === undefined) return Promise.resolve([]);
  const loading = checkLoading({ pipelines, entries, workspace, loader, recall });
  // Told where it is waited for.
  loading.catch(() => undefined);
  return loading;
}

/** What is generated can be judged only when every pipeline is known. */
async function checkGenerated(
  inputs: Inputs,
  { complete, pipelines, tree }: Repository,
  workspace: Workspace,
  recall: Recall | undefined,
): Promise<{ findings: Finding[]; fixed: string[]; checked: boolean }> {
  if (!complete) return { findings: [], fixed: [], checked: false };
  const content = await workspace.read(VERSIONS_FILE);
  const versions = findingsOr(() => parseVersions(content).of);
  if ("findings" in versions) return { findings: versions.findings, fixed: [], checked: false };
  const shapes = pipelines.map(({ pipeline }) => pipeline);
  const freshness = freshnessOf(shapes, versions.value, recall);
  const fresh = new Set([...freshness].flatMap(([name, { isKnown }]) => (isKnown ? [name] : [])));
  const input = { tree, pipelines: shapes, versions: versions.value, fresh };
  const edits = inputs.fix ? findingsOr(() => planGenerated(input)) : { value: new Map() };
  if ("findings" in edits) return { findings: edits.findings, fixed: [], checked: false };
  await applyEdits(edits.value, tree, workspace);
  const stale = findingsOr(() => checkStale(input));
  const findings = "findings" in stale ? stale.findings : stale.value;
  if (findings.length === 0 && edits.value.size === 0) {
    for (const [name, { key }] of freshness) recall?.memory.set("fresh", name, key);
  }
  return { findings, fixed: [...edits.value.keys()], checked: true };
}

/** Whether a pipeline's generated files were found up to date, by what they and the pipeline hold. */
function freshnessOf(
  shapes: readonly Pipeline[],
  versions: TemplateVersions,
  recall: Recall | undefined,
): Map<string, { key: string; isKnown: boolean }> {
  if (recall === undefined) return new Map();
  return new Map(
    shapes.map((shape) => {
      const { name } = shape.metadata;
      const files = generatedPaths(shape).map((path) => recall.ids.get(path));
      const key = keyOf(recall.ids.get(`pipelines/${name}/pipeline.yaml`), versions, files);
      return [name, { key, isKnown: recall.memory.get("fresh", name) === key }];
    }),
  );
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
