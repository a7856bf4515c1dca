import type { BumpEdit, ImageMove } from "./plan-bump.ts";

/** A subject that names more is cut off in every list of commits. */
const NAMED_IN_SUBJECT = 3;

/** The commit that images were built from. */
export interface SourceCommit {
  /** 40 hex digits. */
  commit: string;
  /** `Name <address>`. */
  author: string;
  /** ISO 8601. */
  date: string;
  subject: string;
  body: string;
}

/** From which sources the images of a commit were built. */
export interface Sources {
  /** The commit that most of them, or the newest of them, were built from. */
  main: string;
  /** What is known of it; `undefined` when it is not in the repository. */
  described?: SourceCommit | undefined;
  /** Where Argo CD shall look for it. */
  repoURL?: string | undefined;
  /** Those of the images that were built from another one. */
  others?: ReadonlyMap<string, string>;
}

/**
 * Writes the message of a bump's commit: what moves, and from which sources it was built.
 *
 * @param environment whose overlays are edited
 * @param edits what moves
 * @param source the commit that the images were built from
 * @returns subject, a line per image, and trailers
 */
export function bumpMessage(
  environment: string,
  edits: readonly BumpEdit[],
  source: string | Sources,
): string {
  const moves = movesOf(edits);
  return writeMessage(`Bump ${nameImages(moves)} in ${environment}`, moves, [
    `Wavehouse-Environment: ${environment}`,
    ...sourceTrailers(typeof source === "string" ? { main: source } : source, moves),
  ]);
}

/** @returns each image that moves, once */
export function movesOf(edits: readonly BumpEdit[]): ImageMove[] {
  return [...new Map(edits.flatMap((edit) => edit.moves.map((move) => [move.image, move]))).values()];
}

/** @returns the images in words, or how many they are */
export function nameImages(moves: readonly ImageMove[]): string {
  const names = moves.map(({ image }) => image);
  if (names.length > NAMED_IN_SUBJECT) return `${names.length} images`;
  return names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}

/**
 * @param subject the first line
 * @param moves what moves; a program reads these lines again (`parseBumpRecord`)
 * @param trailers `Key: value`, without line ends
 * @returns the whole message
 */
export function writeMessage(
  subject: string,
  moves: readonly ImageMove[],
  trailers: readonly string[],
): string {
  const lines = moves.map(
    ({ image, from, to }) => `${image}: ${from.newTag ?? "untagged"} -> ${to.newTag}@${to.digest}`,
  );
  const said = lines.length === 0 ? "" : `${lines.join("\n")}\n\n`;
  return `${subject}\n\n${said}${trailers.join("\n")}\n`;
}

/**
 * Argo CD shows what the `Argocd-reference-commit-*` trailers name beside its own commit (its source hydrator's page
 * says which there are, and in which form).
 *
 * @param sources where the images come from
 * @param moves the images
 * @returns the trailers
 */
export function sourceTrailers(sources: Sources, moves: readonly ImageMove[]): string[] {
  const { main, described, repoURL, others } = sources;
  const trailers = [`Wavehouse-Source-Commit: ${main}`];
  for (const { image } of moves) {
    const own = others?.get(image);
    if (own !== undefined && own !== main) trailers.push(`Wavehouse-Image-Source: ${image} ${own}`);
  }
  if (described === undefined) return trailers;
  trailers.push(
    `Wavehouse-Source-Author: ${described.author}`,
    `Argocd-reference-commit-author: ${described.author}`,
    `Argocd-reference-commit-date: ${described.date}`,
    `Argocd-reference-commit-sha: ${described.commit}`,
    `Argocd-reference-commit-subject: ${described.subject}`,
  );
  if (described.body !== "") trailers.push(`Argocd-reference-commit-body: ${JSON.stringify(described.body)}`);
  if (repoURL !== undefined) trailers.push(`Argocd-reference-commit-repourl: ${repoURL}`);
  return trailers;
}
