import { distance } from "fastest-levenshtein";

/**
 * Finds what was probably meant by a word that is not known.
 *
 * @param word as written
 * @param known the words that would have been right
 * @returns the nearest of them, or `undefined` when none is near
 */
export function nearest(word: string, known: Iterable<string>): string | undefined {
  let best: { candidate: string; score: number } | undefined;
  for (const candidate of known) {
    const score = nearness(word, candidate);
    if (score !== undefined && (best === undefined || score < best.score)) best = { candidate, score };
  }
  return best?.candidate;
}

/**
 * Renders the hint for a word that is not known.
 *
 * @param word as written
 * @param known the words that would have been right
 * @returns ``did you mean `partitionBy`?``, or `undefined` when none is near
 */
export function didYouMean(word: string, known: Iterable<string>): string | undefined {
  const meant = nearest(word, known);
  return meant === undefined ? undefined : `did you mean \`${meant}\`?`;
}

/** Edits between the two, case and separators aside; `undefined` when they are too far apart to be a slip. */
function nearness(word: string, candidate: string): number | undefined {
  const a = plain(word);
  const b = plain(candidate);
  if (a === "" || b === "") return undefined;
  const edits = distance(a, b);
  const allowed = Math.floor(Math.max(a.length, b.length) / 3);
  if (edits <= Math.max(1, allowed) && edits < Math.min(a.length, b.length)) return edits;
  // Two letters swapped in a short word are one slip, though two edits.
  return edits === 2 && sorted(a) === sorted(b) ? edits : undefined;
}

function plain(word: string): string {
  return word.toLowerCase().replaceAll(/[-_ .]/g, "");
}

function sorted(word: string): string {
  return [...word].sort().join("");
}
