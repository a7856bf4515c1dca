/** One measured figure, and what it must not exceed where there is a bound. */
export interface Figure {
  name: string;
  value: number;
  unit: "s" | "MiB" | "×";
  bound?: number;
  /** What the figure is beside, for a ratio: `docker build` and push. */
  note?: string;
}

/**
 * Draws the figures as a Markdown table, so that it can be pasted into the README as it is.
 *
 * @param figures in the order to show
 */
export function renderFigures(figures: readonly Figure[]): string {
  const rows = figures.map(({ name, value, unit, bound, note }) => {
    const good = bound === undefined ? "" : value <= bound ? "yes" : "NO";
    const limit = bound === undefined ? "" : `≤ ${bound} ${unit}`;
    return `| ${name}${note === undefined ? "" : ` (${note})`} | ${digits(value)} ${unit} | ${limit} | ${good} |`;
  });
  return ["| figure | measured | must be | holds |", "|---|---|---|---|", ...rows].join("\n");
}

function digits(value: number): string {
  return value >= 100 ? String(Math.round(value)) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}
