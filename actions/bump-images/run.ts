import { compareContents } from "../lib/delivery/compare-contents.ts";
import {
  bumpBranch,
  type Delivered,
  type DeliveryPorts,
  deliverEdits,
  type Planned,
} from "../lib/delivery/deliver-edits.ts";
import { describeProposal } from "../lib/delivery/describe-proposal.ts";
import { newestSource } from "../lib/delivery/newest-source.ts";
import { readPending } from "../lib/delivery/pending-images.ts";
import { type OrderedBump, planOrderedBump } from "../lib/delivery/plan-ordered-bump.ts";
import { readDeliverySettings, readOverlays } from "../lib/delivery/read-overlays.ts";
import { imageVerification, readTrustedSigner, type VerifyPorts } from "../lib/delivery/verify-images.ts";
import type { ActionResult } from "../lib/domain/action-result.ts";
import type { PinnedImage } from "../lib/domain/built-image.ts";
import { bumpMessage, movesOf, type Sources } from "../lib/domain/bump-message.ts";
import type { DeliverySettings } from "../lib/domain/delivery-settings.ts";
import { explainLeft } from "../lib/domain/order-images.ts";
import type { History } from "../lib/ports/history.ts";
import type { OpenPullRequest } from "../lib/ports/pull-requests.ts";
import { renderBump } from "../lib/render/render-bump.ts";
import { renderDiff } from "../lib/render/render-diff.ts";
import type { Inputs } from "./inputs.ts";

/** What this action works through. */
export interface Ports extends DeliveryPorts, VerifyPorts {
  history: History;
}

type Bump = Planned & OrderedBump & { joined?: OpenPullRequest | undefined };

/**
 * Makes the overlays of an environment name the images: all files or none, in one commit or none, or in the one pull
 * request that waits for this environment. No image goes back to what was built from an older commit, and none that a
 * roll-back holds moves. Where the environment says who must have signed, nothing moves unless all that would is theirs.
 *
 * @param inputs which images, where, and how far to go
 * @param ports the repository's files, its history, the server, the log
 * @returns the outputs `changed`, `commit` and `pull-request`
 * @throws UserError when an overlay cannot be edited, when no overlay names an image, or when the commit is refused
 */
export async function run(inputs: Inputs, ports: Ports): Promise<ActionResult> {
  const { environment, dryRun, commit, pushBranch } = inputs;
  const settings = await readDeliverySettings(environment, ports.workspace);
  // Once, before the branch moves: a later head is not what the images were built from.
  const head = commit && inputs.sourceCommit === undefined ? await ports.sourceControl.head() : undefined;
  const source = inputs.sourceCommit ?? head;
  const signer = await readTrustedSigner(environment, settings, ports.workspace);
  const verify = imageVerification(signer, ports);
  const target = {
    environment,
    way: inputs.way ?? settings.way,
    dryRun,
    commit,
    head,
    pushBranch,
    done: "bumped",
  };
  const delivered = await deliverEdits(target, ports, async (pending) => {
    const { images, ...planned } = await planOn(inputs, source, settings, pending, ports);
    const moving = new Set(movesOf(planned.bumps).map(({ image }) => image));
    await verify(images.filter(({ name }) => moving.has(name)));
    return target.way === "commit" ? planned : withContents(planned, ports);
  });
  const { bumps, left } = delivered.plan;
  for (const { path, before, after } of bumps) ports.logger.info(renderDiff(path, before, after).trimEnd());
  for (const image of left) ports.logger.warning(explainLeft(image));
  if (bumps.length === 0) {
    ports.logger.info(
      left.length === 0
        ? "Nothing to bump: the overlays name these images already."
        : "Nothing to bump: the images that would move stay where they are.",
    );
  }
  const pullRequest = dryRun ? delivered.pullRequest : await closeEmpty(environment, delivered, ports);
  const told = { environment, commit: delivered.commit, dryRun, pullRequest: pullRequest?.url };
  return {
    ok: true,
    outputs: {
      changed: String(bumps.length > 0),
      commit: delivered.commit ?? "",
      "pull-request": pullRequest?.url ?? "",
    },
    summary: renderBump(bumps, told, left.map(explainLeft)),
    annotations: [],
  };
}

/**
 * What waited may since be there by another way, or held by a roll-back: nobody must merge it any more.
 *
 * @returns the pull request that stays open
 */
async function closeEmpty(
  environment: string,
  { plan, pullRequest }: Delivered<Bump>,
  { pullRequests, logger }: Ports,
): Promise<OpenPullRequest | undefined> {
  const { joined, bumps, left } = plan;
  if (joined === undefined || bumps.length > 0 || pullRequests === undefined) return pullRequest;
  const reasons = left.map((image) => `- ${explainLeft(image)}\n`).join("");
  const body = `Nothing of it is left to move.\n${reasons === "" ? "" : `\n${reasons}`}`;
  const branch = bumpBranch(environment);
  if ((await pullRequests.close(joined, branch, body)) === "moved") return pullRequest;
  logger.info(`Closed ${joined.url}: nothing of it is left to move.`);
  return undefined;
}

/** A reviewer also reads which packages change. */
async function withContents(plan: Bump, { evidence }: Ports): Promise<Bump> {
  if (plan.proposal === undefined) return plan;
  const { title, body } = plan.proposal;
  return {
    ...plan,
    proposal: { title, body: body + (await compareContents(movesOf(plan.bumps), evidence)) },
  };
}

async function planOn(
  inputs: Inputs,
  source: string | undefined,
  settings: DeliverySettings,
  pending: OpenPullRequest | undefined,
  { workspace, history, sourceControl }: Ports,
): Promise<Bump & { images: readonly PinnedImage[] }> {
  const { environment } = inputs;
  const overlays = await readOverlays(environment, workspace);
  const main = source ?? (inputs.dryRun ? await sourceControl.head() : undefined);
  // Without a commit to compare there is no order: the files are edited as they were asked to be.
  const ordered = main === undefined ? unordered : history;
  const { images, sources, joined } = await readPending(
    environment,
    pending,
    inputs.images,
    main ?? "",
    ordered,
  );
  const plan = await planOrderedBump(
    environment,
    overlays,
    images,
    (image) => sources.get(image) ?? "",
    ordered,
  );
  if (plan.edits.length === 0) return { ...plan, images, joined, message: "" };
  const newest = await newestSource(
    movesOf(plan.bumps).flatMap(({ image }) => sources.get(image) ?? []),
    ordered,
  );
  const named: Sources = {
    main: newest ?? main ?? "",
    described: newest === undefined ? undefined : await history.describe(newest),
    repoURL: settings.repoURL,
    others: sources,
  };
  const message = bumpMessage(environment, plan.bumps, named);
  const proposal = await describeProposal(environment, plan, newest, message, ordered);
  return { ...plan, images, joined, message, proposal, source: named.main };
}

const unordered: History = {
  bumps: async () => [],
  resolve: async () => undefined,
  describe: async () => undefined,
  compare: async () => new Map(),
  filesAt: async () => new Map(),
  between: async () => [],
};
