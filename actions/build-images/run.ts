import type { ActionResult } from "../lib/domain/action-result.ts";
import type { BuiltImage } from "../lib/domain/built-image.ts";
import { didYouMean } from "../lib/domain/did-you-mean.ts";
import { formatImageReference, parseImageReference } from "../lib/domain/image-reference.ts";
import { buildLayer } from "../lib/domain/layer.ts";
import { type PipelineFile, readPipeline } from "../lib/domain/pipeline-file.ts";
import {
  type ImageContents,
  type PlannedImage,
  planContents,
  planDagsContents,
  planImages,
} from "../lib/domain/plan-images.ts";
import { settleInParallel } from "../lib/domain/settle-in-parallel.ts";
import { throwFailures } from "../lib/domain/throw-failures.ts";
import { UserError } from "../lib/domain/user-error.ts";
import type { FileEntry, Workspace } from "../lib/ports/workspace.ts";
import { renderBuiltImages } from "../lib/render/render-built-images.ts";
import { type Base, baseOf, imageDescriber, readLibraries } from "./describe-images.ts";
import type { Inputs } from "./inputs.ts";
import type { Ports } from "./ports.ts";
import { provideBases } from "./provide-bases.ts";
import { imageOfOwn, provideOwnBases } from "./provide-own-bases.ts";
import { requireContract } from "./require-contract.ts";

/** Enough to fill a connection; registries answer 429 to many more. */
const PUSHES_AT_ONCE = 8;
/** A look-up waits for the network alone. */
const LOOK_UPS_AT_ONCE = 32;

/**
 * Builds the images of the pipelines, and where there is one with Airflow `dags` from it, and pushes those that the
 * registry does not have yet. An image's tag is the hash of all that goes in, so one look-up tells whether there is
 * anything to do.
 *
 * @param inputs what to build, and where it goes
 * @param ports the repository, the registry, the log
 * @returns the output `images`; nothing at all when one image could not be pushed: those that were are found again
 *   by the next try
 * @throws UserError when a pipeline's files cannot be made into an image, or the registry refuses
 */
export async function run(inputs: Inputs, ports: Ports): Promise<ActionResult> {
  try {
    const images = await buildAll(inputs, ports);
    for (const image of images) ports.logger.info(`${image.reference} ${tellState(image, inputs.dryRun)}`);
    return {
      ok: true,
      outputs: { images: JSON.stringify(images) },
      summary: renderBuiltImages(images, inputs.dryRun),
      annotations: [],
    };
  } finally {
    await ports.bases.close();
  }
}

async function buildAll(inputs: Inputs, ports: Ports): Promise<BuiltImage[]> {
  const tree = await ports.workspace.list("pipelines");
  const { airflowImage, baseImage, built, missing } = await provideBases(inputs, ports);
  const [jobs, dags, base, airflow] = await Promise.all([
    missing.has("spark-base") ? [] : readContents(inputs, ports.workspace, tree),
    airflowImage === undefined ? [] : readDags(ports.workspace, tree),
    resolveBase("base-image", baseImage, ports),
    resolveBase("airflow-image", airflowImage, ports),
  ]);
  const own = await provideOwnBases(
    jobs.map(({ pipeline }) => pipeline),
    tree,
    base,
    inputs,
    ports,
  );
  const unknown = [...missing, ...own.missing];
  if (unknown.length > 0)
    ports.logger.info(`What stands on ${unknown.join(" and ")} is told when that is built.`);
  const known = jobs.filter(({ pipeline }) => !own.missing.has(imageOfOwn(pipeline)));
  const files = await readFiles([...known.flatMap(({ images }) => images), ...dags], ports.workspace);
  const plan = (contents: readonly ImageContents[], on: Base | undefined): BasedImage[] =>
    planImages(contents, files, { registry: inputs.registry, base: on?.digest }).map((image) => ({
      ...image,
      base: on,
    }));
  const planned = known.flatMap(({ images, pipeline }) => plan(images, own.bases.get(pipeline) ?? base));
  const above = await deliver([...planned, ...plan(dags, airflow)], inputs, ports);
  // Pipelines' images stand on it, and nothing runs it itself.
  return [...built.filter(({ name }) => name !== "spark-base"), ...above];
}

function tellState(image: BuiltImage, dryRun: boolean): string {
  if (!image.changed) return "is unchanged";
  return dryRun ? "would be built and pushed" : "was built and pushed";
}

/** Which files each image is made of. A pipeline that the schema refuses is not built. */
async function readContents(
  inputs: Inputs,
  workspace: Workspace,
  tree: readonly FileEntry[],
): Promise<{ pipeline: string; images: ImageContents[] }[]> {
  const pipelines = await readPipelines(choosePipelines(inputs.pipelines, tree), workspace);
  const folders = Map.groupBy(tree, ({ path }) => path.split("/", 2)[1] ?? "");
  const shared = folders.get("runtime") ?? [];
  return pipelines.map(({ pipeline }) => {
    const { name } = pipeline.metadata;
    // Only what can be in it: all of the tree for each of hundreds of pipelines would be a second.
    return { pipeline: name, images: planContents(pipeline, [...(folders.get(name) ?? []), ...shared]) };
  });
}

/** All pipelines are in it, whichever are chosen: what it lacks, Airflow forgets. */
async function readDags(workspace: Workspace, tree: readonly FileEntry[]): Promise<ImageContents[]> {
  const names = choosePipelines([], tree);
  await readPipelines(names, workspace);
  return planDagsContents(names, tree);
}

async function readPipelines(names: readonly string[], workspace: Workspace): Promise<PipelineFile[]> {
  const read = await Promise.all(
    names.map(async (name) => {
      const file = `pipelines/${name}/pipeline.yaml`;
      return readPipeline(file, await workspace.read(file));
    }),
  );
  const findings = read.flatMap((file) => file.findings);
  if (findings.length > 0) throw new UserError(findings);
  return read.flatMap(({ pipeline }) => pipeline ?? []);
}

function choosePipelines(wanted: readonly string[], tree: readonly FileEntry[]): string[] {
  const all = tree
    .map(({ path }) => /^pipelines\/([^/]+)\/pipeline\.yaml$/.exec(path)?.[1])
    .filter((name) => name !== undefined);
  for (const name of wanted) {
    if (all.includes(name)) continue;
    const hint = didYouMean(name, all) ?? `there ${all.length === 0 ? "are none" : `is ${all.join(", ")}`}`;
    throw new UserError(
      `Input \`pipelines\` names \`${name}\`, but there is no pipelines/${name}/pipeline.yaml; ${hint}`,
    );
  }
  return wanted.length === 0 ? all : [...wanted];
}

/** Each file is read once, though most are in several images. */
async function readFiles(
  contents: readonly ImageContents[],
  workspace: Workspace,
): Promise<Map<string, Uint8Array>> {
  const paths = new Set(contents.flatMap((image) => [...image.files.values()].map(({ path }) => path)));
  return new Map(
    await Promise.all([...paths].map(async (path) => [path, await workspace.read(path)] as const)),
  );
}

/** A planned image, and what its layer is put on. */
type BasedImage = PlannedImage & { base: Base | undefined };

/** What an image stands on, pinned: its tag may move while we build. */
async function resolveBase(
  input: "base-image" | "airflow-image",
  image: string | undefined,
  { registry, workspace }: Ports,
): Promise<Base | undefined> {
  if (image === undefined) return undefined;
  const digest = parseImageReference(image)?.digest ?? (await registry.digest(image));
  if (digest === undefined) {
    throw new UserError(`Input \`${input}\`: there is no image ${image}; build and push it first.`);
  }
  const libraries = await readLibraries(input === "base-image" ? "jobs" : "dags", workspace);
  return baseOf(image, digest, libraries);
}

/** All or nothing for the caller: the first failure is thrown, but only after the other pushes came to an end. */
async function deliver(
  planned: readonly BasedImage[],
  { dryRun, rebuild }: Inputs,
  ports: Ports,
): Promise<BuiltImage[]> {
  const { registry, source, signer } = ports;
  const known = await all(LOOK_UPS_AT_ONCE, planned, async ({ reference }) =>
    rebuild === true ? undefined : registry.digest(reference),
  );
  const describer = imageDescriber(source, registry, signer);
  const missing = planned.filter((_, index) => known[index] === undefined);
  await requireContract(missing, ports.workspace);
  const pushed = new Map<BasedImage, string>();
  await all(PUSHES_AT_ONCE, dryRun ? [] : missing, async (image) => {
    const { base, reference } = image;
    const digest = await registry.append({
      base: base?.reference,
      layer: buildLayer(image.files),
      reference,
      metadata: await describer.metadata(image, base),
      vouch: (made) => describer.vouch(image, base, made),
    });
    pushed.set(image, digest);
  });
  return planned.map((image, index): BuiltImage => {
    const { name, tag, repository } = image;
    const digest = known[index] ?? pushed.get(image);
    const reference = formatImageReference({ repository, tag, digest });
    return { name, reference, tag, digest, changed: known[index] === undefined };
  });
}

/** @returns what became of each; throws what went wrong, when all have come to their end */
async function all<Item, Result>(
  atOnce: number,
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  return throwFailures(await settleInParallel(atOnce, items, work));
}
