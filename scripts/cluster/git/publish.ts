import { existsSync } from "node:fs";
import { join } from "node:path";
import { run as bumpImages } from "../../../actions/bump-images/run.ts";
import { connectDelivery } from "../../../actions/lib/adapters/connect-delivery.ts";
import { runProcess } from "../../../actions/lib/adapters/process.ts";
import type { PinnedImage } from "../../../actions/lib/domain/built-image.ts";
import type { Logger } from "../../../actions/lib/ports/logger.ts";
import { syncScratch } from "../../demo/scratch.ts";

const identity = { name: "wavehouse cluster", email: "cluster@wavehouse.invalid" };

/**
 * Brings the checkout's working tree onto `main` of the repository that Argo CD reads: what is in that repository
 * already stays, what was changed since the last time is merged on top.
 *
 * @param checkout absolute path; it is only read
 * @param at the clone that is committed in, and the bare repository
 * @returns when the clone is at what is to be built and bumped; nothing is pushed yet
 */
export async function takeWorkingTree(
  checkout: string,
  at: { clone: string; repository: string },
): Promise<void> {
  if (existsSync(join(at.clone, ".git"))) await catchUp(at);
  // No change is made up where the working tree has none.
  syncScratch(checkout, at.clone, (text) => text);
}

/** Others push too: their commits come first. A push of ours that failed is still to be made. */
async function catchUp({ clone, repository }: { clone: string; repository: string }): Promise<void> {
  const git = (...args: string[]) => runProcess({ file: "git", args, cwd: clone });
  const fetched = await git("fetch", "--quiet", repository, "main").catch(() => undefined);
  if (fetched === undefined) return; // nothing was pushed yet
  const ours = await git("merge-base", "--is-ancestor", "FETCH_HEAD", "main").catch(() => undefined);
  if (ours === undefined) await git("reset", "--quiet", "--hard", "FETCH_HEAD");
}

/**
 * Makes the overlays name the images, in one commit, and pushes.
 *
 * @returns the commit that the repository's `main` is at
 */
export async function publish(
  environment: string,
  images: readonly PinnedImage[],
  at: { clone: string; repository: string },
  logger: Logger,
): Promise<string> {
  const delivery = connectDelivery({ root: at.clone, identity, github: undefined, logger });
  const inputs = { environment, images, sourceCommit: undefined, committer: identity };
  // The clone's own remote is nobody's: what is pushed to is the path.
  await bumpImages(
    { ...inputs, way: "commit", commit: true, pushBranch: undefined, dryRun: false },
    delivery,
  );
  await runProcess({ file: "git", args: ["push", "--quiet", at.repository, "HEAD:main"], cwd: at.clone });
  return delivery.sourceControl.head();
}
