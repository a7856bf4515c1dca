import { checkAssets } from "../lib/domain/check-assets.ts";
import { checkPipeline } from "../lib/domain/check-pipeline.ts";
import { checkPipelines } from "../lib/domain/check-pipelines.ts";
import { type Finding, sortFindings } from "../lib/domain/finding.ts";
import { placeSecrets } from "../lib/domain/place-secrets.ts";
import { planContents } from "../lib/domain/plan-images.ts";
import type { Validation } from "../lib/render/render-validation.ts";
import { checkLoading } from "./check-loading.ts";
import { checkManifests } from "./check-manifests.ts";
import { checkMarts } from "./check-marts.ts";
import { checkWorkflows } from "./check-workflows.ts";
import { findingsOf } from "./findings-or.ts";
import type { Inputs } from "./inputs.ts";
import type { Ports } from "./ports.ts";
import { type Repository, readRepository } from "./read-repository.ts";
import { keyOf, type Recall, readRecall, remembered } from "./recall.ts";
import { repair } from "./repair.ts";

/** One mistake may hide another, and what is generated follows what it is generated from. */
const ROUNDS = 5;

/**
 * Mends and validates in turn, until nothing more can be mended.
 *
 * @param ports the repository and the tools
 * @returns what is left, and the files that were written
 */
export async function mend(ports: Ports): Promise<Validation> {
  const fixed = new Set<string>();
  for (let round = 1; ; round += 1) {
    const validation = await validate({ fix: true }, ports, await readRecall(ports));
    const written = round < ROUNDS ? await repair(validation.findings, ports) : [];
    for (const path of [...validation.fixed, ...written]) fixed.add(path);
    if (written.length === 0) return { ...validation, fixed: [...fixed].sort() };
  }
}

/**
 * Works out what is wrong with the repository.
 *
 * @param inputs whether to write what is stale
 * @param ports the repository and the tools
 * @param recall what is known from earlier
 * @returns what was found, ordered by file and line
 * @throws UserError when a tool cannot be had
 */
export async function validate(
  inputs: Pick<Inputs, "fix">,
  ports: Ports,
  recall: Recall | undefined,
): Promise<Validation> {
  const { logger } = ports;
  const repository = await logger.group("pipelines", () => readRepository(ports.workspace, recall));
  // Airflow takes seconds to start; meanwhile the rest is checked.
  const inPython = loadPipelines(repository, ports, recall);
  const ofPipelines = checkAllPipelines(repository, recall);
  const ofMarts = analyzeMarts(repository, ofPipelines, ports, recall);
  const ofWorkflows = await checkWorkflows(ports.workflows, repository.all, recall);
  const manifests = await checkManifests(inputs, repository, ports, recall);
  const findings = [
    ...repository.findings,
    ...ofPipelines,
    ...ofWorkflows,
    ...placeSecrets(manifests.findings, repository.pipelines),
    ...(await inPython),
    ...(await ofMarts),
  ];
  return {
    findings: sortFindings(distinct(findings)),
    pipelines: repository.pipelines.map(({ pipeline }) => pipeline.metadata.name),
    environments: manifests.environments,
    fixed: manifests.fixed,
    generatedChecked: manifests.generatedChecked,
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

/** Where something else is wrong with a pipeline, the engine would tell that again in its own words. */
function analyzeMarts(
  { pipelines, entries }: Repository,
  told: readonly Finding[],
  { analyzer }: Ports,
  recall: Recall | undefined,
): Promise<Finding[]> {
  if (analyzer === undefined) return Promise.resolve([]);
  const sound = pipelines.filter(
    ({ folder }) => !told.some(({ file, severity }) => severity === "error" && file.startsWith(`${folder}/`)),
  );
  const analyzing = checkMarts({ pipelines: sound, entries, analyzer, recall });
  // Told where it is waited for.
  analyzing.catch(() => undefined);
  return analyzing;
}

/** Two environments that share a base tell its mistakes twice. */
function distinct(findings: readonly Finding[]): Finding[] {
  return [...new Map(findings.map((finding) => [JSON.stringify(finding), finding])).values()];
}
