import { run as bumpImages } from "../../../actions/bump-images/run.ts";
import { type ChosenBuilder, chooseBuilder } from "../../../actions/lib/adapters/choose-builder.ts";
import { connectDelivery } from "../../../actions/lib/adapters/connect-delivery.ts";
import type { PinnedImage } from "../../../actions/lib/domain/built-image.ts";
import { UserError } from "../../../actions/lib/domain/user-error.ts";
import { StepPrinter } from "../../demo/print.ts";
import { toolsDir } from "../../setup/repository.ts";
import { readEnvironment } from "../bootstrap/read-environment.ts";
import { type BuildFor, buildImages, lineLogger, lookUpImages } from "../build-images.ts";
import { findKubectl } from "../find-kubectl.ts";
import { kubectl } from "../kubectl.ts";
import type { ClusterOptions } from "../options.ts";
import { type ReachedRegistry, reachRegistry } from "./reach-registry.ts";

/** Our own: where third parties' images can be pulled, nothing stands in for them. */
const own = ["spark-base", "airflow"];

/** In no commit: the user makes it. */
const nobody = { name: "wavehouse", email: "wavehouse@wavehouse.invalid" };

/**
 * Builds what an environment's registry lacks of the images that this repository makes, and writes them into the
 * overlay's `images:`, in the checkout; to commit and push is the user's.
 *
 * @param root the checkout
 * @throws UserError when there is nothing to build with, no registry, or the overlay cannot be edited
 */
export async function buildForEnvironment(root: string, options: ClusterOptions): Promise<void> {
  const print = new StepPrinter();
  const log = (line: string): void => print.line(line);
  const { environment: name } = options;
  if (name === "local") {
    throw new UserError(
      "the images of local are built by `npm run cluster -- up`; name another environment: --environment minikube",
    );
  }
  const { builder, reached, registry } = await print.step("preflight", "what builds, and the registry", () =>
    prepare(root, options, log),
  );
  try {
    const target: BuildFor = {
      registry,
      images: reached.images,
      only: own,
      debian: builder.debian,
      builder: async () => reached.reach(await builder.start()),
    };
    const images = await print.step("images", "built once, by what goes in", async () => {
      if (!options.dryRun) return buildImages(root, log, target);
      return (await lookUpImages(root, log, target)).images;
    });
    await print.step("overlay", `images: in overlays/${name}, not committed`, async () => {
      if (images === undefined) log("written when they are built");
      else await writeOverlay(root, name, images, options.dryRun, log);
    });
  } finally {
    reached.close();
  }
  if (options.dryRun) return;
  print.line();
  print.line("Next: Argo CD reads what is pushed, and then takes it from there.");
  print.line(`git commit --message "Pin the images of ${name}" -- overlays/${name} && git push`);
  print.line(`npm run cluster -- up --context ${options.context ?? "CONTEXT"} --environment ${name}`);
}

async function prepare(
  root: string,
  { baseImage, context, environment, registry: address }: ClusterOptions,
  log: (line: string) => void,
): Promise<{ builder: ChosenBuilder; reached: ReachedRegistry; registry: string }> {
  const { registry } = await readEnvironment(root, environment);
  const builder = await chooseBuilder(baseImage, toolsDir);
  log(`${builder.name} builds, on ${builder.debian ?? "a Debian made from its packages"}`);
  const cluster = context === undefined ? undefined : kubectl(await findKubectl(), [`--context=${context}`]);
  const reached = await reachRegistry(registry, { address, cluster });
  log(`images go to ${registry}${reached.address === registry ? "" : `, reached by ${reached.address}`}`);
  return { builder, reached, registry };
}

async function writeOverlay(
  root: string,
  environment: string,
  images: readonly PinnedImage[],
  dryRun: boolean,
  log: (line: string) => void,
): Promise<void> {
  const delivery = connectDelivery({ root, identity: nobody, github: undefined, logger: lineLogger(log) });
  const edit = { way: "commit", commit: false, pushBranch: undefined, dryRun } as const;
  await bumpImages({ environment, images, sourceCommit: undefined, committer: nobody, ...edit }, delivery);
}
