/** One measured figure, and what it must not exceed where there is a bound. */
export interface Figure {
  name: string;
  value: number;
  unit: "s" | "MiB" | "×";
  bound?: number;
  /** What it must reach, where more is better. */
  least?: number;
  /** What the figure is beside, for a ratio: `docker build` and push. */
  note?: string;
}

/**
 * Draws the figures as a Markdown table, so that it can be pasted into the README as it is.
 *
 * @param figures in the order to show
 */
export function renderFigures(figures: readonly Figure[]): string {
  const rows = figures.map((figure) => {
    const { name, value, unit, bound, least, note } = figure;
    const limit =
      bound !== undefined ? `≤ ${bound} ${unit}` : least !== undefined ? `≥ ${least} ${unit}` : "";
    const good = limit === "" ? "" : holds(figure) ? "yes" : "NO";
    return `| ${name}${note === undefined ? "" : ` (${note})`} | ${digits(value)} ${unit} | ${limit} | ${good} |`;
  });
  return ["| figure | measured | must be | holds |", "|---|---|---|---|", ...rows].join("\n");
}

/** @returns whether a figure is within its bounds; true where it has none */
export function holds({ value, bound, least }: Figure): boolean {
  return !(bound !== undefined && value > bound) && !(least !== undefined && value < least);
}

function digits(value: number): string {
  return value >= 100 ? String(Math.round(value)) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}
