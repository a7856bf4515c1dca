import type { FileEdit, Planned } from "../lib/delivery/deliver-edits.ts";
import { newestSource } from "../lib/delivery/newest-source.ts";
import { requirePlan } from "../lib/delivery/plan-ordered-bump.ts";
import { type Overlays, onlyKustomizations } from "../lib/delivery/read-overlays.ts";
import { movesOf, nameImages, sourceTrailers, writeMessage } from "../lib/domain/bump-message.ts";
import { type BumpRecord, sourceOf } from "../lib/domain/bump-record.ts";
import { didYouMean } from "../lib/domain/did-you-mean.ts";
import { formatHolds, type Hold, holdsPath } from "../lib/domain/holds.ts";
import { pinnedImages } from "../lib/domain/pinned-images.ts";
import { type BumpEdit, planBump } from "../lib/domain/plan-bump.ts";
import { UserError } from "../lib/domain/user-error.ts";
import type { History } from "../lib/ports/history.ts";

/** What goes back, and what is held from now on. */
export interface RollBack extends Planned {
  bumps: readonly BumpEdit[];
  holds: readonly Hold[];
  /** A sentence for each image that cannot go back. */
  left: readonly string[];
}

/**
 * Chooses the commit whose images come back.
 *
 * @param environment its name
 * @param wanted what the user named, if anything
 * @param head what is checked out
 * @param records what was delivered, newest first
 * @returns a commit; without a name, the one before the last bump that still counts
 * @throws UserError when there is none, or it is not part of what is checked out
 */
export async function chooseTarget(
  environment: string,
  wanted: string | undefined,
  head: string,
  records: readonly BumpRecord[],
  history: History,
): Promise<string> {
  if (wanted !== undefined) {
    const commit = await history.resolve(wanted);
    const order = commit === undefined ? "unknown" : (await history.compare(head, [commit])).get(commit);
    if (commit !== undefined && (order === "after" || order === "same")) return commit;
    throw new UserError(
      `\`to\` is ${JSON.stringify(wanted)}, which is no commit of this branch; expected one that \`git log\` shows${listRecords(records)}, or a time with its zone, as 2026-11-20T12:00Z.`,
    );
  }
  // A roll-back counts as what it went back to, so that a second one goes further back and never forth.
  let at = records.findIndex(({ images }) => images.size > 0);
  for (let back = records[at]?.rolledBackTo; back !== undefined; back = records[at]?.rolledBackTo) {
    at = records.findIndex(({ commit }) => commit === back);
  }
  const before = at < 0 ? undefined : records.slice(at + 1).find(({ images }) => images.size > 0);
  if (before !== undefined) return before.commit;
  throw new UserError(
    `${environment} has no bump before its ${records.length === 0 ? "first" : "last"} one to go back to; name a commit with \`to\`.`,
  );
}

function listRecords(records: readonly BumpRecord[]): string {
  const known = records.slice(0, 3).map(({ commit }) => commit.slice(0, 12));
  return known.length === 0 ? "" : `, for instance ${known.join(", ")}`;
}

/**
 * Plans the way back: the images as they were at a commit, and a hold on each that moves.
 *
 * @param environment its name
 * @param target the commit whose images come back
 * @param overlays as they are now
 * @param records what was delivered, newest first
 * @param head what is checked out: the newest there is where nothing tells what was bad
 */
export async function planRollBack(
  environment: string,
  target: string,
  overlays: Overlays,
  records: readonly BumpRecord[],
  head: string,
  history: History,
): Promise<RollBack> {
  const then = pinnedImages(onlyKustomizations(await history.filesAt(target, `overlays/${environment}`)));
  const now = pinnedImages(overlays.kustomizations);
  const images = [...then.pinned.values()].filter(
    ({ name }) => now.pinned.has(name) || now.unpinned.has(name),
  );
  const { edits } = requirePlan(planBump(overlays.kustomizations, images));
  const moves = movesOf(edits);
  const holds = await Promise.all(
    moves.map(async ({ image, from }): Promise<Hold> => {
      const bad = sourceOf(records, image, from.digest) ?? head;
      const held = overlays.holds.find((hold) => hold.image === image)?.newerThan;
      return {
        image,
        newerThan: (await newestSource(held === undefined ? [bad] : [bad, held], history)) ?? bad,
      };
    }),
  );
  const before = records.slice(
    Math.max(
      0,
      records.findIndex(({ commit }) => commit === target),
    ),
  );
  const sources = new Map(
    moves.flatMap(({ image, to }) => {
      const source = sourceOf(before, image, to.digest);
      return source === undefined ? [] : [[image, source] as const];
    }),
  );
  const main = await newestSource([...sources.values()], history);
  const message = writeMessage(`Roll back ${nameImages(moves)} in ${environment}`, moves, [
    `Wavehouse-Environment: ${environment}`,
    `Wavehouse-Rolled-Back-To: ${target}`,
    ...(main === undefined
      ? []
      : sourceTrailers({ main, described: await history.describe(main), others: sources }, moves)),
  ]);
  const left = [...now.pinned.keys()]
    .filter((name) => !then.pinned.has(name))
    .map((name) => `${name} stays: it was not pinned at ${target.slice(0, 12)}.`);
  const edit = moves.length === 0 ? [] : [holdsEdit(environment, overlays, merge(overlays.holds, holds))];
  return { bumps: edits, edits: [...edits, ...edit], holds, left, message };
}

/**
 * Plans the end of holds.
 *
 * @param environment its name
 * @param images whose holds end, `all` for every one
 * @param overlays with its holds
 * @throws UserError when one is not held
 */
export function planLift(environment: string, images: readonly string[], overlays: Overlays): RollBack {
  const held = overlays.holds.map(({ image }) => image);
  const lifted = images.includes("all") ? held : images;
  for (const image of lifted) {
    if (held.includes(image)) continue;
    const hint = didYouMean(image, held) ?? `held are ${held.join(", ") || "none"}`;
    throw new UserError(`${image} is not held in ${environment}; ${hint}.`);
  }
  const rest = overlays.holds.filter(({ image }) => !lifted.includes(image));
  const message = `Lift the hold on ${lifted.join(", ")} in ${environment}\n\nWavehouse-Environment: ${environment}\n`;
  const edits = lifted.length === 0 ? [] : [holdsEdit(environment, overlays, rest)];
  return { bumps: [], edits, holds: [], left: [], message };
}

function merge(old: readonly Hold[], fresh: readonly Hold[]): Hold[] {
  return [...new Map([...old, ...fresh].map((hold) => [hold.image, hold])).values()];
}

function holdsEdit(environment: string, overlays: Overlays, holds: readonly Hold[]): FileEdit {
  return { path: holdsPath(environment), before: overlays.holdsText, after: formatHolds(holds) };
}
