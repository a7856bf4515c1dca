import { run as buildPipelineImages } from "../../actions/build-images/run.ts";
import { connectBuilding } from "../../actions/lib/adapters/connect-building.ts";
import { ociRegistry } from "../../actions/lib/adapters/oci-registry.ts";
import { terminalLogger } from "../../actions/lib/adapters/terminal-logger.ts";
import { type PinnedImage, parseBuiltImages } from "../../actions/lib/domain/built-image.ts";
import { buildClusterImages } from "./images/build-cluster-images.ts";
import { registryHost } from "./places.ts";

/**
 * Makes sure that the cluster's registry has every image that the overlays name: the platform's, and the pipelines'
 * on top of them.
 *
 * @param root the clone that is delivered: what is built is what is committed in it
 * @returns the images, as `publish` takes them
 */
export async function buildImages(root: string, log: (line: string) => void): Promise<PinnedImage[]> {
  const registry = ociRegistry();
  const platform = await buildClusterImages({ root, registry: registryHost, images: registry, log });
  const own = (image: string) => platform.find(({ name }) => name === image)?.reference;
  const logger = terminalLogger((text) => {
    for (const line of text.trimEnd().split("\n")) log(line);
  });
  const built = await buildPipelineImages(
    {
      registry: registryHost,
      baseImage: own("spark-base"),
      airflowImage: own("airflow"),
      pipelines: [],
      dryRun: false,
    },
    await connectBuilding({ root, logger }),
  );
  // Pipelines' images stand on it, and nothing runs it itself.
  const named = platform.filter(({ name }) => name !== "spark-base");
  return [...named, ...parseBuiltImages(JSON.parse(built.outputs.images ?? "[]"))];
}
