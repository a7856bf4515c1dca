import type { LibraryChange } from "../domain/sbom.ts";

/** What one image holds otherwise than before; `undefined` where that is not known. */
export interface ImageContentsChange {
  image: string;
  libraries: readonly LibraryChange[] | undefined;
}

const LISTED = 100;

/**
 * @param changes image by image
 * @returns Markdown, each package once with the images that it is in; empty when nothing was compared
 */
export function renderContentsChanges(changes: readonly ImageContentsChange[]): string {
  if (changes.length === 0) return "";
  const images = new Map<string, string[]>();
  for (const { image, libraries } of changes) {
    for (const { name, before = "nothing", after = "nothing" } of libraries ?? []) {
      const row = `\`${name}\` ${before} → ${after}`;
      images.set(row, [...(images.get(row) ?? []), image]);
    }
  }
  const unknown = changes.flatMap(({ image, libraries }) => (libraries === undefined ? [image] : []));
  const rows = [...images].map(([row, names]) => `- ${row} (${shorten(names)})`);
  const lines = rows.slice(0, LISTED);
  if (rows.length > LISTED) lines.push(`- and ${rows.length - LISTED} more`);
  if (unknown.length > 0) lines.push(`- not known of ${shorten(unknown)}: there is no SBOM of both`);
  return `\n**Packages**\n\n${lines.length === 0 ? "None changes." : lines.join("\n")}\n`;
}

function shorten(names: readonly string[]): string {
  const shown = names.slice(0, 3).join(", ");
  return names.length > 3 ? `${shown} and ${names.length - 3} more` : shown;
}
