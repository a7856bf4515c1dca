import type { WaveStep } from "../domain/waves.ts";

/**
 * Renders waves for a terminal: a line an Application, with what it brings.
 *
 * @param steps the waves
 * @returns lines without a line end after the last
 */
export function renderWavesText(steps: readonly WaveStep[]): string {
  const rows = rowsOf(steps);
  const width = (column: 0 | 1 | 2): number => Math.max(...rows.map((row) => row[column].length));
  const widths = [width(0), width(1), width(2)] as const;
  return rows
    .map(([wave, application, namespace, objects]) =>
      [wave.padStart(widths[0]), application.padEnd(widths[1]), namespace.padEnd(widths[2]), objects].join(
        "  ",
      ),
    )
    .join("\n");
}

/**
 * Renders waves as a Markdown table, for a job's summary or a comment.
 *
 * @param steps the waves
 * @returns the table without a line end after the last row
 */
export function renderWavesMarkdown(steps: readonly WaveStep[]): string {
  const [head, ...rows] = rowsOf(steps);
  return [head, ["--:", "---", "---", "---"], ...rows].map((row) => `| ${row?.join(" | ")} |`).join("\n");
}

type Row = readonly [wave: string, application: string, namespace: string, objects: string];

function rowsOf(steps: readonly WaveStep[]): Row[] {
  return [
    ["wave", "application", "namespace", "objects"],
    ...steps.map((step): Row => [String(step.wave), step.application, step.namespace, countKinds(step)]),
  ];
}

/** `3 ScheduledSparkApplication, 2 ServiceAccount, 1 Role`, in the order in which they are applied. */
function countKinds(step: WaveStep): string {
  const kinds = Map.groupBy(step.objects, (object) => object.kind);
  const counts = [...kinds].map(([kind, objects]) => `${objects.length} ${kind}`);
  return counts.length === 0 ? "nothing" : counts.join(", ");
}
