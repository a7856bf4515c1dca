import type { BuiltImage } from "../lib/domain/built-image.ts";
import { formatImageReference } from "../lib/domain/image-reference.ts";
import { buildLayer } from "../lib/domain/layer.ts";
import type { PlannedImage } from "../lib/domain/plan-images.ts";
import { settleInParallel } from "../lib/domain/settle-in-parallel.ts";
import { throwFailures } from "../lib/domain/throw-failures.ts";
import type { BaseImage } from "../lib/ports/base-images.ts";
import { baseOf, imageDescriber, readLibraries } from "./describe-images.ts";
import type { Inputs } from "./inputs.ts";
import type { Ports } from "./ports.ts";

/** Where an image carries what it was made from. */
const IN_IMAGE = "opt/wavehouse/base";
/** Of the tag under which the Dockerfile's image lies until all is said of it; nothing runs that. */
const BEFORE = "-dockerfile";
/** While one waits for the network the other computes. */
const AT_ONCE = 2;

/** The images that the pipelines' stand on: those that were named, and those that were built. */
export interface Bases {
  baseImage: string | undefined;
  airflowImage: string | undefined;
  /** What this repository's Dockerfiles make. After a dry run one that is not in the registry has no digest. */
  built: BuiltImage[];
  /** The names of those that a dry run would have built. */
  missing: ReadonlySet<string>;
}

/**
 * Makes sure of the images that the pipelines' stand on. With `bases`, those that no input names come from this
 * repository's Dockerfiles: looked up by the hash of what goes in, built where the registry lacks them.
 *
 * @throws UserError when one cannot be built or pushed
 */
export async function provideBases(inputs: Inputs, ports: Ports): Promise<Bases> {
  const { baseImage, airflowImage } = inputs;
  const named: Readonly<Record<string, string | undefined>> = {
    "spark-base": baseImage,
    airflow: airflowImage,
  };
  if (inputs.bases !== true) return { baseImage, airflowImage, built: [], missing: new Set() };
  const bases = await ports.bases.read(inputs.debianImage);
  const wanted = bases.filter(({ name }) => named[name] === undefined);
  const outcomes = await settleInParallel(AT_ONCE, wanted, (base) => provide(base, inputs, ports));
  const built = throwFailures(outcomes);
  const reference = (name: string): string | undefined =>
    named[name] ?? built.find((image) => image.name === name && image.digest !== undefined)?.reference;
  return {
    baseImage: reference("spark-base"),
    airflowImage: reference("airflow"),
    built,
    missing: new Set(built.filter(({ digest }) => digest === undefined).map(({ name }) => name)),
  };
}

/**
 * Looks up an image that a Dockerfile describes, and builds it where the registry lacks it.
 *
 * @returns the image; after a dry run one that is not in the registry has no digest
 */
export async function provide(base: BaseImage, inputs: Inputs, ports: Ports): Promise<BuiltImage> {
  const { name, tag } = base;
  const repository = `${inputs.registry}/${name}`;
  const plain = formatImageReference({ repository, tag, digest: undefined });
  const known = inputs.rebuild === true ? undefined : await ports.registry.digest(plain);
  const digest =
    known ?? (inputs.dryRun ? undefined : await build(base, { repository, reference: plain }, ports));
  const reference = formatImageReference({ repository, tag, digest });
  return { name, reference, tag, digest, changed: known === undefined };
}

/** What the Dockerfile makes, and one layer more: what it was made from. With it come labels, contents, signatures. */
async function build(
  base: BaseImage,
  { repository, reference }: { repository: string; reference: string },
  ports: Ports,
): Promise<string> {
  const { name, sources, tag } = base;
  const before = `${reference}${BEFORE}`;
  const libraries = await readLibraries(name === "airflow" ? "dags" : "jobs", ports.workspace);
  const under = baseOf(before, await base.build(before), libraries);
  const files = await Promise.all(
    sources.map(async (path) => ({
      path: `${IN_IMAGE}/${path.slice(path.lastIndexOf("/") + 1)}`,
      bytes: await ports.workspace.read(path),
      executable: false,
    })),
  );
  const image: PlannedImage = { name, repository, tag, reference, files, sources };
  const describer = imageDescriber(ports.source, ports.registry, ports.signer);
  return ports.registry.append({
    base: under.reference,
    layer: buildLayer(files),
    reference,
    metadata: await describer.metadata(image, under),
    vouch: (made) => describer.vouch(image, under, made),
  });
}
