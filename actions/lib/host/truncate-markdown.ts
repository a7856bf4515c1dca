/** GitHub drops a job summary above this many bytes of UTF-8: https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands#step-isolation-and-limits */
export const summaryLimit = 1024 * 1024;

/**
 * Cuts Markdown to a size, on a line end, with a note that says so. A code fence that the cut leaves open is closed.
 *
 * @param markdown the text
 * @param limit the most bytes of UTF-8 to return, the note included
 * @returns the text itself when it fits
 */
export function truncateMarkdown(markdown: string, limit: number): string {
  const bytes = Buffer.byteLength(markdown);
  if (bytes <= limit) return markdown;
  const note = `\n\n_Cut here: the whole is ${bytes} bytes, the limit ${limit}. The rest is in the step's log._\n`;
  const room = limit - Buffer.byteLength(note) - fence.length;
  const kept: string[] = [];
  let used = 0;
  let open = false;
  for (const line of markdown.split("\n")) {
    used += Buffer.byteLength(line) + 1;
    if (used > room) break;
    if (line.trimStart().startsWith("```")) open = !open;
    kept.push(line);
  }
  return `${kept.join("\n")}${open ? fence : ""}${note}`;
}

const fence = "\n```";
