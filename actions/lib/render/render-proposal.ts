import type { ImagePin } from "../domain/bump-entry.ts";
import { explainLeft, type LeftImage } from "../domain/order-images.ts";

/** An image that a pull request moves. */
export interface ProposedImage {
  image: string;
  from: ImagePin;
  to: ImagePin;
  /** What runs now was built from this commit, where that is known. */
  running: string | undefined;
}

/** A body may have 65,536 characters; 200 rows have 40,000. */
const LISTED_IMAGES = 200;

/**
 * Renders the body of a bump's pull request: what moves, image by image, and the commits that it brings.
 *
 * @param environment its name
 * @param images what moves
 * @param commits what was merged between what runs and what shall run, newest first
 * @param limit how many commits are listed
 * @param left images that stay, and why
 * @returns Markdown
 */
export function renderProposal(
  environment: string,
  images: readonly ProposedImage[],
  commits: readonly { commit: string; subject: string }[],
  limit: number,
  left: readonly LeftImage[],
): string {
  const rows = images
    .slice(0, LISTED_IMAGES)
    .map(
      ({ image, from, to, running }) =>
        `| ${image} | ${pin(from)} | ${pin(to)} | ${running === undefined ? "not known" : running.slice(0, 12)} |`,
    );
  const more = images.length > LISTED_IMAGES ? `\nand ${images.length - LISTED_IMAGES} more\n` : "";
  const count = `${images.length} ${images.length === 1 ? "image moves" : "images move"}`;
  const lines = commits
    .slice(0, limit)
    .map(({ commit, subject }) => `- ${commit.slice(0, 12)} ${quote(subject)}`);
  const cut = commits.length > limit ? "\n- and more" : "";
  const brought = lines.length === 0 ? "" : `\n**Commits since**\n\n${lines.join("\n")}${cut}\n`;
  const stay =
    left.length === 0
      ? ""
      : `\n**Left as they are**\n\n${left.map((one) => `- ${explainLeft(one)}`).join("\n")}\n`;
  return `${count} in ${environment}. A newer bump updates this pull request; merging it delivers.

| image | from | to | runs, built from |
| --- | --- | --- | --- |
${rows.join("\n")}
${more}${brought}${stay}`;
}

function pin({ newTag, digest }: ImagePin): string {
  return (
    [newTag, digest?.slice(0, 19)].flatMap((text) => (text === undefined ? [] : `\`${text}\``)).join(" ") ||
    "nothing"
  );
}

/** A subject may hold anything; as code it mentions nobody and links nowhere. */
function quote(subject: string): string {
  return `\`${subject.replaceAll("`", "'").slice(0, 100)}\``;
}
