import type { Hold } from "./holds.ts";

/** How one commit stands to another, by ancestry. */
export type Standing = "same" | "before" | "after" | "unrelated" | "unknown";

/** An image that wants to move. */
export interface Candidate {
  image: string;
  /** What the new one was built from. */
  source: string;
  /** What the one that runs was built from; `undefined` when nothing tells. */
  running: string | undefined;
}

/** An image that stays as it is, and why. */
export interface LeftImage {
  image: string;
  /** What the one that was offered was built from. */
  source: string;
  reason: "older" | "held" | "unrelated";
  /** The commit that it is not newer than. */
  than: string;
}

/** What an order decides. */
export interface Ordered {
  go: readonly string[];
  left: readonly LeftImage[];
  /** Holds that a newer source has met. */
  met: readonly Hold[];
}

/**
 * Decides which images may move: never to what was built from an older commit than what runs, by ancestry and not by
 * time; and never from behind a hold, except to what was built from a newer commit than the bad one.
 *
 * @param candidates the images that would move
 * @param holds what roll-backs keep
 * @param standing how a commit stands to another
 * @returns who goes and who stays
 */
export function orderImages(
  candidates: readonly Candidate[],
  holds: readonly Hold[],
  standing: (commit: string, other: string) => Standing,
): Ordered {
  const go: string[] = [];
  const left: LeftImage[] = [];
  const met: Hold[] = [];
  for (const { image, source, running } of candidates) {
    const hold = holds.find((held) => held.image === image);
    if (hold !== undefined && standing(source, hold.newerThan) !== "after") {
      left.push({ image, source, reason: "held", than: hold.newerThan });
      continue;
    }
    const order = running === undefined ? "after" : standing(source, running);
    if (running !== undefined && (order === "before" || order === "unrelated")) {
      left.push({ image, source, reason: order === "before" ? "older" : "unrelated", than: running });
      continue;
    }
    if (hold !== undefined) met.push(hold);
    go.push(image);
  }
  return { go, left, met };
}

/**
 * @param left an image that stays
 * @returns one sentence that says why, and what to do
 */
export function explainLeft({ image, source, reason, than }: LeftImage): string {
  const [built, other] = [source.slice(0, 12), than.slice(0, 12)];
  if (reason === "older")
    return `${image} stays: what runs was built from ${other}, which is newer than ${built}.`;
  if (reason === "held") {
    return `${image} is held by a roll-back: it moves when it is built from a commit newer than ${other} (this one is from ${built}), or when the hold is lifted.`;
  }
  return `${image} stays: ${built} is neither before nor after ${other}, which what runs was built from; merge the one into the other.`;
}
