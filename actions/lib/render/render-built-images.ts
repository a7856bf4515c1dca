import type { BuiltImage } from "../domain/built-image.ts";

/**
 * Renders the images for a job's summary: first how many were built, then each.
 *
 * @param images all of them, in order
 * @param dryRun whether nothing was pushed
 * @returns Markdown
 */
export function renderBuiltImages(images: readonly BuiltImage[], dryRun: boolean): string {
  if (images.length === 0) return "### Images\n\nNo pipeline has an image.\n";
  const changed = images.filter((image) => image.changed).length;
  const done = dryRun ? "would be built and pushed" : "built and pushed";
  const verdict =
    changed === 0
      ? `All ${images.length} images are unchanged: nothing was built or pushed.`
      : `${changed} of ${images.length} images ${done}.`;
  const rows = images.map(({ name, tag, digest, changed }) => {
    const state = changed ? (dryRun ? "would be pushed" : "pushed") : "unchanged";
    return `| ${name} | ${state} | \`${tag}\` | ${digest === undefined ? "" : `\`${digest.slice(0, 19)}…\``} |`;
  });
  return `### Images\n\n${verdict}\n\n| image | | tag | digest |\n| --- | --- | --- | --- |\n${rows.join("\n")}\n`;
}
