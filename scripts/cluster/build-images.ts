import { run as buildPipelineImages } from "../../actions/build-images/run.ts";
import { connectBuilding } from "../../actions/lib/adapters/connect-building.ts";
import { ociRegistry } from "../../actions/lib/adapters/oci-registry.ts";
import { terminalLogger } from "../../actions/lib/adapters/terminal-logger.ts";
import { type BuiltImage, type PinnedImage, parseBuiltImages } from "../../actions/lib/domain/built-image.ts";
import type { Logger } from "../../actions/lib/ports/logger.ts";
import {
  type BuildOptions,
  buildClusterImages,
  type FoundImage,
  lookUpClusterImages,
} from "./images/build-cluster-images.ts";
import type { ReachedRegistry } from "./images/reach-registry.ts";
import { registryHost } from "./places.ts";

/** Whose registry it is, and what builds for it; this machine's own cluster's and its builder by default. */
export interface BuildFor extends Pick<BuildOptions, "builder" | "debian" | "only"> {
  registry: string;
  images: ReachedRegistry["images"];
}

/**
 * Makes sure that the cluster's registry has every image that the overlays name: the platform's, and the pipelines'
 * on top of them.
 *
 * @param root the clone that is delivered: what is built is what is committed in it
 * @returns the images, as `publish` takes them
 */
export async function buildImages(
  root: string,
  log: (line: string) => void,
  target: BuildFor = { registry: registryHost, images: ociRegistry() },
): Promise<PinnedImage[]> {
  const platform = await buildClusterImages({ ...target, root, log });
  const pipelines = await onTop(root, platform, log, target, false);
  return [...named(platform), ...parseBuiltImages(pipelines)];
}

/** What `lookUpImages` has found. */
export interface LookedUp {
  /** As `buildImages` would return them; nothing when one of them would have to be built. */
  images: PinnedImage[] | undefined;
  /** The names of those that would be built. */
  missing: string[];
}

/** Looks up what `buildImages` would do, and builds nothing. */
export async function lookUpImages(
  root: string,
  log: (line: string) => void,
  target: BuildFor,
): Promise<LookedUp> {
  const found = await lookUpClusterImages({ ...target, root, log });
  const platform = found.flatMap(({ image }) => image ?? []);
  for (const { image, name } of found)
    log(image === undefined ? `${name} would be built` : `${image.reference} is there`);
  const missing = found.filter(({ image }) => image === undefined).map(({ name }: FoundImage) => name);
  if (missing.length > 0) {
    log("what the pipelines' images stand on is built first");
    return { images: undefined, missing };
  }
  const built = await onTop(root, platform, log, target, true);
  const unbuilt = built.filter(({ digest }) => digest === undefined).map(({ name }) => name);
  if (unbuilt.length > 0) return { images: undefined, missing: unbuilt };
  return { images: [...named(platform), ...parseBuiltImages(built)], missing };
}

/** The pipelines' images, and `dags`. */
async function onTop(
  root: string,
  platform: readonly PinnedImage[],
  log: (line: string) => void,
  { images: registry, registry: host }: BuildFor,
  dryRun: boolean,
): Promise<BuiltImage[]> {
  const own = (image: string) => platform.find(({ name }) => name === image)?.reference;
  const inputs = {
    registry: host,
    baseImage: own("spark-base"),
    airflowImage: own("airflow"),
    pipelines: [],
    dryRun,
  };
  const ports = await connectBuilding({ root, logger: lineLogger(log) });
  const built = await buildPipelineImages(inputs, { ...ports, registry });
  return JSON.parse(built.outputs.images ?? "[]");
}

/** Pipelines' images stand on it, and nothing runs it itself. */
function named(platform: readonly PinnedImage[]): PinnedImage[] {
  return platform.filter(({ name }) => name !== "spark-base");
}

/** A logger whose texts come line by line. */
export function lineLogger(log: (line: string) => void): Logger {
  return terminalLogger((text) => {
    for (const line of text.trimEnd().split("\n")) log(line);
  });
}
