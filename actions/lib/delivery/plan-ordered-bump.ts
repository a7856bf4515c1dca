import type { PinnedImage } from "../domain/built-image.ts";
import { type BumpRecord, parseBumpRecord, sourceOf } from "../domain/bump-record.ts";
import { formatHolds, type Hold, holdsPath } from "../domain/holds.ts";
import { type Candidate, type LeftImage, orderImages, type Standing } from "../domain/order-images.ts";
import { type BumpEdit, type BumpPlan, planBump } from "../domain/plan-bump.ts";
import { UserError } from "../domain/user-error.ts";
import type { History } from "../ports/history.ts";
import type { FileEdit } from "./deliver-edits.ts";
import type { Overlays } from "./read-overlays.ts";

/** A bump in which no image goes backwards. */
export interface OrderedBump {
  /** The overlays that change. */
  bumps: readonly BumpEdit[];
  /** All that changes: the overlays, and the holds that are met. */
  edits: readonly FileEdit[];
  left: readonly LeftImage[];
  met: readonly Hold[];
  /** What each image that would move was built from before. */
  running: ReadonlyMap<string, string | undefined>;
}

/**
 * Plans a bump of those images that may move (`orderImages`).
 *
 * @param environment its name
 * @param overlays as they are now
 * @param images what is offered
 * @param source the commit that an image was built from
 * @param history what was delivered before
 * @throws UserError when an overlay cannot be edited, or none names an image
 */
export async function planOrderedBump(
  environment: string,
  overlays: Overlays,
  images: readonly PinnedImage[],
  source: (image: string) => string,
  history: History,
): Promise<OrderedBump> {
  const all = requirePlan(planBump(overlays.kustomizations, images));
  const moves = new Map(all.edits.flatMap((edit) => edit.moves.map((move) => [move.image, move])));
  if (moves.size === 0) return { bumps: [], edits: [], left: [], met: [], running: new Map() };
  const records = await readRecords(environment, history);
  const candidates = [...moves.values()].map(({ image, from }): Candidate => {
    return { image, source: source(image), running: sourceOf(records, image, from.digest) };
  });
  const standing = await standings(candidates, overlays.holds, history);
  const { left, met } = orderImages(candidates, overlays.holds, standing);
  const stay = new Set(left.map(({ image }) => image));
  const going = images.filter(({ name }) => !stay.has(name));
  const { edits } = stay.size === 0 ? all : planBump(overlays.kustomizations, going);
  return {
    bumps: edits,
    edits: [...edits, ...withoutHolds(environment, overlays, met)],
    left,
    met,
    running: new Map(candidates.map(({ image, running }) => [image, running])),
  };
}

/** @returns what was delivered to an environment up to a commit, HEAD by default, newest first */
export async function readRecords(
  environment: string,
  history: History,
  head?: string,
): Promise<BumpRecord[]> {
  const commits = await history.bumps(environment, head);
  return commits.map(({ commit, message }) => parseBumpRecord(commit, message));
}

/**
 * @param environment its name
 * @param overlays with its holds
 * @param gone holds that have ended
 * @returns the edit of the file of holds, or none
 */
export function withoutHolds(environment: string, overlays: Overlays, gone: readonly Hold[]): FileEdit[] {
  if (gone.length === 0) return [];
  const after = formatHolds(overlays.holds.filter((hold) => !gone.includes(hold)));
  return [{ path: holdsPath(environment), before: overlays.holdsText, after }];
}

/** @throws UserError when the plan has findings */
export function requirePlan(plan: BumpPlan): BumpPlan {
  if (plan.findings.length > 0) throw new UserError(plan.findings);
  return plan;
}

async function standings(
  candidates: readonly Candidate[],
  holds: readonly Hold[],
  history: History,
): Promise<(commit: string, other: string) => Standing> {
  const orders = new Map<string, Map<string, Standing>>();
  for (const source of new Set(candidates.map((candidate) => candidate.source))) {
    const own = candidates.filter((candidate) => candidate.source === source);
    const others = own.flatMap(({ image, running }) => [
      ...(running === undefined ? [] : [running]),
      ...holds.filter((hold) => hold.image === image).map(({ newerThan }) => newerThan),
    ]);
    orders.set(source, others.length === 0 ? new Map() : await history.compare(source, others));
  }
  return (commit, other) => orders.get(commit)?.get(other) ?? "unknown";
}
