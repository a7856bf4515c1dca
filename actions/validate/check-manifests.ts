import { checkStale } from "../lib/domain/check-stale.ts";
import { environmentsOf } from "../lib/domain/environments.ts";
import type { Finding } from "../lib/domain/finding.ts";
import { generatedPaths, generateManifests } from "../lib/domain/generate-manifests.ts";
import type { Pipeline } from "../lib/domain/pipeline-type.ts";
import { planGenerated } from "../lib/domain/plan-generated.ts";
import type { TemplateVersions } from "../lib/domain/spark-template.ts";
import { parseVersions, VERSIONS_FILE } from "../lib/domain/versions.ts";
import type { Workspace } from "../lib/ports/workspace.ts";
import { type CheckedEnvironment, checkEnvironment } from "./check-environment.ts";
import { findingsOr } from "./findings-or.ts";
import type { Inputs } from "./inputs.ts";
import type { Ports } from "./ports.ts";
import { isManifest, type Repository, readManifests } from "./read-repository.ts";
import { keyOf, type Recall, readRecall, remembered } from "./recall.ts";

/** What checking the manifests came to. */
export interface CheckedManifests {
  findings: readonly Finding[];
  environments: readonly { environment: string; objects: number | undefined }[];
  /** Files that were written. */
  fixed: readonly string[];
  /** Whether the generated files could be compared with their pipelines. */
  generatedChecked: boolean;
}

/** What the environments came to, which the manifests alone decide. */
interface CheckedEnvironments {
  findings: readonly Finding[];
  environments: CheckedManifests["environments"];
}

/** What is kept of it. */
interface Kept {
  key: string;
  /** Content of files elsewhere that a render was made from. */
  outside: Readonly<Record<string, string | null>>;
  checked: CheckedEnvironments;
}

/**
 * Checks what is generated from the pipelines, and every environment as it will be rendered. Where neither a manifest
 * nor what is generated from a pipeline changed, nothing of it is read again.
 *
 * @param inputs whether to write what is stale
 * @param repository the pipelines, and which files there are
 * @param ports the repository and the tools
 * @param recall what is known from earlier
 * @throws UserError when a tool cannot be had
 */
export async function checkManifests(
  inputs: Pick<Inputs, "fix">,
  repository: Repository,
  ports: Ports,
  recall: Recall | undefined,
): Promise<CheckedManifests> {
  const { workspace } = ports;
  const key = inputs.fix ? undefined : manifestsKey(repository, recall);
  const kept = key === undefined ? undefined : recallEnvironments(key, recall);
  const generatedKey = key && (await keyOfGenerated(key, repository, workspace, recall));
  const isFresh = generatedKey !== undefined && recall?.memory.get("generated", "all") === generatedKey;
  if (kept !== undefined && (isFresh || !repository.complete))
    return { ...kept, fixed: [], generatedChecked: repository.complete };
  const { tree, findings: unread } = await readManifests(workspace, repository.all);
  const generated = await checkGenerated(inputs, repository, tree, workspace, recall);
  if (generated.checked && generated.findings.length === 0 && generatedKey !== undefined)
    recall?.memory.set("generated", "all", generatedKey);
  const known = generated.fixed.length > 0 ? await readRecall(ports) : recall;
  const environments = kept ?? (await checkEnvironments(tree, unread, key, ports, known));
  // A generated file that is missing is missing to kustomize too.
  const missing = generated.findings.map(({ file }) => `${file} does not exist`);
  return {
    findings: [
      ...generated.findings,
      ...environments.findings.filter(({ message }) => !missing.includes(message)),
    ],
    environments: environments.environments,
    fixed: generated.fixed,
    generatedChecked: generated.checked,
  };
}

/** @returns `undefined` where it cannot be told what decides */
function manifestsKey({ all }: Repository, recall: Recall | undefined): string | undefined {
  if (recall === undefined) return undefined;
  const manifests = all.flatMap(({ path }) => (isManifest(path) ? [[path, recall.ids.get(path)]] : []));
  return keyOf(recall.ids.get(VERSIONS_FILE), manifests);
}

function recallEnvironments(key: string, recall: Recall | undefined): CheckedEnvironments | undefined {
  const kept = recall?.memory.get("manifests", "all") as Kept | undefined;
  if (kept?.key !== key) return undefined;
  const isFresh = Object.entries(kept.outside).every(([path, id]) => (recall?.ids.get(path) ?? null) === id);
  return isFresh ? kept.checked : undefined;
}

async function checkEnvironments(
  tree: ReadonlyMap<string, string>,
  unread: readonly Finding[],
  key: string | undefined,
  ports: Ports,
  recall: Recall | undefined,
): Promise<CheckedEnvironments> {
  const environments: CheckedEnvironment[] = [];
  for (const environment of environmentsOf(tree.keys())) {
    const check = () =>
      checkEnvironment(environment, tree, { ...ports, recall, isPartial: unread.length > 0 });
    environments.push(await ports.logger.group(`overlays/${environment}`, check));
  }
  const checked: CheckedEnvironments = {
    findings: [...unread, ...environments.flatMap(({ findings }) => findings)],
    environments: environments.map(({ environment, objects }) => ({ environment, objects })),
  };
  // What kustomize says may depend on a time limit, and on files that nobody tells apart.
  const isByFiles = !checked.findings.some(({ rule }) => rule.startsWith("kustomize/"));
  const outside = environments.map((environment) => environment.outside);
  if (key !== undefined && isByFiles && recall?.isComplete && !outside.includes(undefined))
    recall.memory.set("manifests", "all", { key, outside: Object.assign({}, ...outside), checked });
  return checked;
}

/** @returns `undefined` where it cannot be told what would be generated */
async function keyOfGenerated(
  manifests: string,
  { complete, pipelines }: Repository,
  workspace: Workspace,
  recall: Recall | undefined,
): Promise<string | undefined> {
  const pins = recall?.ids.get(VERSIONS_FILE);
  if (recall === undefined || !complete || pins === undefined) return undefined;
  const versions = await readVersions(workspace);
  if (versions === undefined || pipelines.some(({ file }) => !recall.ids.has(file))) return undefined;
  const generated = pipelines.map(({ pipeline, file }) => {
    const { name } = pipeline.metadata;
    const work = (): string => keyOf([...generateManifests(pipeline, versions)]);
    return [name, remembered(recall, "generates", name, keyOf(recall.ids.get(file), pins), work)];
  });
  return keyOf(manifests, generated);
}

/** @returns `undefined` where they are wrong, which others tell */
async function readVersions(workspace: Workspace): Promise<TemplateVersions | undefined> {
  const content = await workspace.read(VERSIONS_FILE);
  const versions = findingsOr(() => parseVersions(content).of);
  return "value" in versions ? versions.value : undefined;
}

/** What is generated can be judged only when every pipeline is known. */
async function checkGenerated(
  inputs: Pick<Inputs, "fix">,
  { complete, pipelines }: Repository,
  tree: Map<string, string>,
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
