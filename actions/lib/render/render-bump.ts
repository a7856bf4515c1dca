import type { ImagePin } from "../domain/bump-entry.ts";
import type { BumpEdit } from "../domain/plan-bump.ts";
import { renderDiff } from "./render-diff.ts";

/**
 * Renders a bump for a job's summary: the verdict, a table of what moves, the diff folded.
 *
 * @param edits what changes
 * @param told where, and what became of it
 * @param left a sentence for each image that stays
 * @returns Markdown
 */
export function renderBump(
  edits: readonly BumpEdit[],
  told: {
    environment: string;
    commit: string | undefined;
    dryRun: boolean;
    title?: string;
    pullRequest?: string | undefined;
  },
  left: readonly string[] = [],
): string {
  const stays = left.length === 0 ? "" : `\n${left.map((line) => `- ${line}`).join("\n")}\n`;
  const title = `### ${told.title ?? "Bump"} of ${told.environment}\n\n`;
  if (edits.length === 0) {
    return left.length === 0
      ? `${title}Nothing to bump: the overlays name these images already.\n`
      : `${title}Nothing moves.\n${stays}`;
  }
  const moves = edits.flatMap((edit) => edit.moves);
  const count = `${moves.length} ${moves.length === 1 ? "image" : "images"}`;
  const verdict = told.dryRun
    ? `${count} would move.`
    : told.commit === undefined
      ? `${count} moved; the files are edited, not committed.`
      : told.pullRequest === undefined
        ? `${count} moved in commit ${told.commit}.`
        : `${count} will move when ${told.pullRequest} is merged.`;
  const rows = moves.map(
    ({ image, from, to, path }) => `| ${image} | ${renderPin(from)} | ${renderPin(to)} | ${path} |`,
  );
  const table = `| image | from | to | file |\n| --- | --- | --- | --- |\n${rows.join("\n")}`;
  const diffs = edits.map(({ path, before, after }) => renderDiff(path, before, after)).join("");
  return `${title}${verdict}\n\n${table}\n\n<details><summary>Diff</summary>\n\n\`\`\`diff\n${diffs}\`\`\`\n\n</details>\n${stays}`;
}

function renderPin(pin: ImagePin): string {
  const tag = pin.newTag === undefined ? "" : `\`${pin.newTag}\``;
  const digest = pin.digest === undefined ? "" : ` \`${pin.digest.slice(0, 19)}…\``;
  return `${tag}${digest}`.trim() || "nothing";
}
