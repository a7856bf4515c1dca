import { checkImageContract } from "../lib/domain/check-image-contract.ts";
import type { Finding } from "../lib/domain/finding.ts";
import type { PipelineFile } from "../lib/domain/pipeline-file.ts";
import { planContents, type SourceFile } from "../lib/domain/plan-images.ts";
import type { LoadedPipeline, PipelineLoader } from "../lib/ports/pipeline-loader.ts";
import type { Workspace } from "../lib/ports/workspace.ts";
import { keyOf, type Recall } from "./recall.ts";

/** The DAG builder: a repository without it runs nothing in Airflow. */
const BUILDER = "pipelines/runtime/wavehouse/dags/build.py";
const RUNTIME = "pipelines/runtime/wavehouse/";
/** What the images of Spark jobs have installed. */
const SPARK_LOCK = "pipelines/runtime/requirements-spark.lock";

/** What is checked: pipelines that are valid by themselves, and every file below `pipelines/`. */
export interface CheckLoadingInput {
  pipelines: readonly PipelineFile[];
  entries: readonly SourceFile[];
  workspace: Workspace;
  loader: PipelineLoader;
  recall: Recall | undefined;
}

/**
 * Checks that the pipelines' Python compiles and imports, and that Airflow loads what the DAG builder makes of each.
 * What a pipeline says decides that, not how it is written: comments and spaces make nothing be loaded anew.
 *
 * @param input the pipelines
 * @returns errors at lines of the pipelines' files
 * @throws UserError when it could not be tried
 */
export async function checkLoading(input: CheckLoadingInput): Promise<Finding[]> {
  const { pipelines, entries, workspace, loader, recall } = input;
  if (!entries.some(({ path }) => path === BUILDER)) return [];
  const python = entries.filter(({ path, symlink }) => path.endsWith(".py") && !symlink);
  const runtime = python.filter(({ path }) => path.startsWith(RUNTIME)).map(({ path }) => path);
  const idsOf = (paths: readonly string[]): unknown[] => paths.map((path) => [path, recall?.ids.get(path)]);
  const common = keyOf(await loader.key(), idsOf([...runtime, "pipelines/pipeline.schema.json", SPARK_LOCK]));
  const wanted = pipelines.map((source) => {
    const own = python.filter(({ path }) => path.startsWith(`${source.folder}/`)).map(({ path }) => path);
    const { name } = source.pipeline.metadata;
    const hooks = source.pipeline.spec.tables.flatMap(({ hook }) =>
      hook === undefined ? [] : [{ file: `${source.folder}/${hook.file}`, function: hook.function }],
    );
    const loaded: LoadedPipeline = { name, file: source.file, python: own.filter(isImported), hooks };
    return { source, loaded, key: keyOf(common, source.pipeline, idsOf(own)) };
  });
  const unknown = wanted.filter(({ loaded, key }) => recall?.memory.get("loaded", loaded.name) !== key);
  if (unknown.length === 0) return [];
  const [inImages, inPython] = await Promise.all([
    checkImports(
      unknown.map(({ source }) => source),
      entries,
      workspace,
    ),
    loader.load(unknown.map(({ loaded }) => loaded)),
  ]);
  // One that is not there at all is told at the same line by the image that lacks it.
  const told = new Set(inPython.map(({ file, line }) => `${file}:${line}`));
  const findings = [...inPython, ...inImages.filter(({ file, line }) => !told.has(`${file}:${line}`))];
  for (const { source, loaded, key } of unknown) {
    const isClean = !findings.some(({ file }) => file.startsWith(`${source.folder}/`));
    if (isClean) recall?.memory.set("loaded", loaded.name, key);
  }
  return findings;
}

/** Tests and dashboards run elsewhere, with packages of their own. */
function isImported(path: string): boolean {
  return /^pipelines\/[^/]+\/(?:silver|gold)\/(?!tests\/|.*\/tests\/|(?:.*\/)?(?:test_[^/]*|[^/]*_test|conftest)\.py$)/.test(
    path,
  );
}

/** What Python finds here, where all packages are, must be in the image of the step too. */
async function checkImports(
  pipelines: readonly PipelineFile[],
  entries: readonly SourceFile[],
  workspace: Workspace,
): Promise<Finding[]> {
  const own = pipelines.filter(({ folder }) =>
    entries.some(({ path }) => path.startsWith(`${folder}/`) && isImported(path)),
  );
  if (own.length === 0 || !(await workspace.exists(SPARK_LOCK))) return [];
  const lock = new TextDecoder().decode(await workspace.read(SPARK_LOCK));
  const packages = new Set(
    [...lock.matchAll(/^([a-z0-9][\w.-]*)==/gim)].map(([, name = ""]) => normal(name)),
  );
  const findings: Finding[] = [];
  for (const { pipeline } of own) {
    const { name } = pipeline.metadata;
    const files = entries.filter(
      ({ path }) => path.startsWith(RUNTIME) || path.startsWith(`pipelines/${name}/`),
    );
    const sources = new Map<string, string>();
    const images = await Promise.all(
      planContents(pipeline, files).map(async (image) => {
        const python = [...image.files].filter(([path]) => path.endsWith(".py"));
        const read = python.map(async ([path, { path: source, executable }]) => {
          sources.set(`${image.name} ${path}`, source);
          return { path, executable, bytes: await workspace.read(source) };
        });
        return { name: image.name, packages, files: await Promise.all(read) };
      }),
    );
    const source = (image: string, path: string): string => sources.get(`${image} ${path}`) ?? path;
    const found = checkImageContract(images, new Map(), undefined, source);
    findings.push(...found.filter(({ file }) => file.startsWith(`pipelines/${name}/`)));
  }
  return findings;
}

/** As PEP 503 compares names. */
function normal(name: string): string {
  return name.toLowerCase().replaceAll(/[-_.]+/g, "-");
}
