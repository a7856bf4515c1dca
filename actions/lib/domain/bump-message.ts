import type { BumpEdit } from "./plan-bump.ts";

/** A subject that names more is cut off in every list of commits. */
const NAMED_IN_SUBJECT = 3;

/**
 * Writes the message of a bump's commit: what moves, and from which sources it was built.
 *
 * @param environment whose overlays are edited
 * @param edits what moves
 * @param source the commit that the images were built from, in 40 hex digits
 * @returns subject, a line per image, and trailers
 */
export function bumpMessage(environment: string, edits: readonly BumpEdit[], source: string): string {
  const moves = new Map(edits.flatMap((edit) => edit.moves.map((move) => [move.image, move])));
  const names = [...moves.keys()];
  const what = names.length <= NAMED_IN_SUBJECT ? inWords(names) : `${names.length} images`;
  const lines = [...moves.values()].map(
    ({ image, from, to }) => `${image}: ${from.newTag ?? "untagged"} -> ${to.newTag}@${to.digest}`,
  );
  const trailers = [`Wavehouse-Environment: ${environment}`, `Wavehouse-Source-Commit: ${source}`];
  return `Bump ${what} in ${environment}\n\n${lines.join("\n")}\n\n${trailers.join("\n")}\n`;
}

function inWords(names: readonly string[]): string {
  return names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}
