/** One figure: what was measured, and what it must be. */
export interface Figure {
  name: string;
  measured: number;
  unit: "s" | "MiB";
  atMost: number;
}

/** Collects the figures of a run. */
export class Figures {
  readonly all: Figure[] = [];

  /** Notes a figure. */
  add(figure: Figure): void {
    this.all.push(figure);
  }

  /** A line for each, with what it must be. */
  render(): string[] {
    const width = Math.max(0, ...this.all.map(({ name }) => name.length));
    return this.all.map(({ name, measured, unit, atMost }) => {
      const mark = measured <= atMost ? "within" : "ABOVE";
      const digits = unit === "s" ? 1 : 0;
      return `${name.padEnd(width)}  ${measured.toFixed(digits)} ${unit}  (${mark} ${atMost} ${unit})`;
    });
  }
}

/**
 * The middle of some measurements.
 *
 * @param values at least one
 */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const [lower = 0, upper = 0] = [sorted[Math.ceil(sorted.length / 2) - 1], sorted[middle]];
  return (lower + upper) / 2;
}
