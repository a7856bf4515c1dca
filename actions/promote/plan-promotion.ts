import type { Planned } from "../lib/delivery/deliver-edits.ts";
import { describeProposal } from "../lib/delivery/describe-proposal.ts";
import { newestSource } from "../lib/delivery/newest-source.ts";
import { readWaiting, type WaitingImage } from "../lib/delivery/pending-images.ts";
import { type OrderedBump, planOrderedBump, readRecords } from "../lib/delivery/plan-ordered-bump.ts";
import { onlyKustomizations, readOverlays } from "../lib/delivery/read-overlays.ts";
import type { PinnedImage } from "../lib/domain/built-image.ts";
import { movesOf, nameImages, sourceTrailers, writeMessage } from "../lib/domain/bump-message.ts";
import { sourceOf } from "../lib/domain/bump-record.ts";
import { didYouMean } from "../lib/domain/did-you-mean.ts";
import { explainLeft } from "../lib/domain/order-images.ts";
import { pinnedImages } from "../lib/domain/pinned-images.ts";
import { UserError } from "../lib/domain/user-error.ts";
import type { History } from "../lib/ports/history.ts";
import type { OpenPullRequest } from "../lib/ports/pull-requests.ts";
import type { Workspace } from "../lib/ports/workspace.ts";
import type { Inputs } from "./inputs.ts";

/** What moves from one environment to another. */
export interface Promotion extends Planned, OrderedBump {
  /** A sentence for each image that is not part of it. */
  skipped: readonly string[];
  /** The images that move. */
  moving: readonly PinnedImage[];
}

/**
 * Plans a promotion. What is copied is only what a recorded bump put into the one environment, and only forwards in
 * the other: an image of which either is not known stops all of it.
 *
 * @param inputs from where, to where, which images
 * @param repoURL where Argo CD reads the repository
 * @param pending the pull request that this one will be, where one is open: what waits in it stays part of it as long as
 *   the one environment runs it
 * @param then the commit whose images of the one environment are taken; `undefined` for what it runs now
 * @param at the repository's files and its history
 * @throws UserError that names each image in the way, and why
 */
export async function planPromotion(
  { from, to, images: chosen }: Inputs,
  repoURL: string | undefined,
  pending: OpenPullRequest | undefined,
  then: string | undefined,
  { workspace, history }: { workspace: Workspace; history: History },
): Promise<Promotion> {
  const given =
    then === undefined
      ? (await readOverlays(from, workspace, "from")).kustomizations
      : onlyKustomizations(await history.filesAt(then, `overlays/${from}`));
  const giving = pinnedImages(given);
  const overlays = await readOverlays(to, workspace, "to");
  const taking = pinnedImages(overlays.kustomizations);
  const taken = new Set([...taking.pinned.keys(), ...taking.unpinned]);
  checkChosen(chosen, taken, to);
  const waiting = pending === undefined ? [] : ((await readWaiting(to, pending, history))?.waiting ?? []);
  const runs = ({ image }: WaitingImage): boolean => giving.pinned.get(image.name)?.digest === image.digest;
  const joined = new Set(waiting.filter(runs).map(({ image }) => image.name));
  const asked = [...taken].filter((name) => chosen.length === 0 || chosen.includes(name) || joined.has(name));
  const images = asked.flatMap((name) => giving.pinned.get(name) ?? []);
  const skipped = asked
    .filter((name) => !giving.pinned.has(name))
    .map((name) => `${name} is not part of it: ${from} does not pin it by tag and digest.`);
  for (const { image } of waiting) {
    if (asked.includes(image.name)) continue;
    skipped.push(
      `${image.name} waited in ${pending?.url} with ${image.tag}, and does no more: ${from} does not run that.`,
    );
  }
  const sources = await readSources(from, images, then, history);
  const source = (image: string): string => sources.get(image) ?? "";
  const plan = await planOrderedBump(to, overlays, images, source, history);
  await refuse(to, plan, source, history);
  const moves = movesOf(plan.bumps);
  const names = new Set(moves.map(({ image }) => image));
  const moving = images.filter(({ name }) => names.has(name));
  if (moves.length === 0) return { ...plan, skipped, moving, message: "" };
  const main =
    (await newestSource(
      moves.map(({ image }) => source(image)),
      history,
    )) ?? "";
  const message = writeMessage(`Promote ${nameImages(moves)} from ${from} to ${to}`, moves, [
    `Wavehouse-Environment: ${to}`,
    `Wavehouse-Promoted-From: ${from}`,
    ...sourceTrailers({ main, described: await history.describe(main), repoURL, others: sources }, moves),
  ]);
  const proposal = await describeProposal(to, plan, main, message, history);
  return { ...plan, skipped, moving, message, proposal, source: main };
}

function checkChosen(chosen: readonly string[], known: ReadonlySet<string>, to: string): void {
  for (const name of chosen) {
    if (known.has(name)) continue;
    const hint = didYouMean(name, [...known]) ?? `it names ${[...known].join(", ") || "none"}`;
    throw new UserError(`Input \`images\`: ${to} does not name ${name}; ${hint}.`);
  }
}

async function readSources(
  from: string,
  images: readonly PinnedImage[],
  then: string | undefined,
  history: History,
): Promise<Map<string, string>> {
  const records = await readRecords(from, history, then);
  const sources = new Map<string, string>();
  const unknown: string[] = [];
  for (const { name, digest } of images) {
    const source = sourceOf(records, name, digest);
    if (source === undefined) unknown.push(name);
    else sources.set(name, source);
  }
  if (unknown.length === 0) return sources;
  throw new UserError(
    `Nothing was promoted: no bump put ${unknown.join(", ")} into ${from} as the overlay has it now, so nothing tells what it was built from; bump ${from} first, or leave it out with \`images\`.`,
  );
}

/** All or nothing: half a promotion is a set of images that was never proved together. */
async function refuse(
  to: string,
  plan: OrderedBump,
  source: (image: string) => string,
  history: History,
): Promise<void> {
  const reasons = plan.left.map((left) =>
    left.reason === "older"
      ? `${left.image}: ${to} is ahead; what it runs was built from ${left.than.slice(0, 12)}, which is newer than ${left.source.slice(0, 12)}.`
      : explainLeft(left),
  );
  for (const { image, from } of movesOf(plan.bumps)) {
    const running = plan.running.get(image);
    if (running === undefined) {
      if (from.digest !== undefined) {
        reasons.push(
          `${image}: nothing tells what ${to} runs now was built from; somebody edited its overlay.`,
        );
      }
      continue;
    }
    if ((await history.compare(source(image), [running])).get(running) === "unknown") {
      reasons.push(
        `${image}: ${to} runs what was built from ${running.slice(0, 12)}, a commit that is not in this repository.`,
      );
    }
  }
  if (reasons.length > 0) throw new UserError(`Nothing was promoted to ${to}:\n${reasons.join("\n")}`);
}
