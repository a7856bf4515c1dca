/** A day and what was counted on it. */
export interface DayValue {
  /** `YYYY-MM-DD` */
  day: string;
  value: number;
}

/** Customers whose first order was in one month, and the share of them that ordered again in each month after it. */
export interface Cohort {
  /** `YYYY-MM-DD`, the month's first day. */
  month: string;
  customers: number;
  /** 0 to 1; `null` where the month had not begun. */
  retained: readonly (number | null)[];
}

const [WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM] = [760, 320, 72, 16, 40, 40] as const;
const CELL = { width: 92, height: 34, left: 190, top: 64 } as const;

/**
 * Draws a value by day as SVG: bars, and a line through the mean of each seven days.
 *
 * @param title what it shows, with its unit
 * @param days in order; at least one
 */
export function plotDays(title: string, days: readonly DayValue[]): string {
  const most = niceCeiling(Math.max(1, ...days.map(({ value }) => value)));
  const step = (WIDTH - LEFT - RIGHT) / days.length;
  const yOf = (value: number) => HEIGHT - BOTTOM - (value / most) * (HEIGHT - TOP - BOTTOM);
  const grid = [0, 0.25, 0.5, 0.75, 1].map((share) => {
    const y = yOf(share * most).toFixed(1);
    const name = text(LEFT - 8, yOf(share * most) + 4, (share * most).toLocaleString("en"), "end");
    return `<path d="M${LEFT} ${y}H${WIDTH - RIGHT}" stroke="#8884"/>${name}`;
  });
  const bars = days.map(({ day, value }, index) => {
    const x = LEFT + index * step;
    const height = Math.max(0, HEIGHT - BOTTOM - yOf(value));
    const bar = `x="${x.toFixed(1)}" y="${yOf(value).toFixed(1)}" width="${(step * 0.8).toFixed(1)}" height="${height.toFixed(1)}"`;
    return `<rect ${bar} fill="#1f6feb66"><title>${day}: ${value.toFixed(2)}</title></rect>`;
  });
  const path = days.map((_, index) => {
    const week = days.slice(Math.max(0, index - 6), index + 1);
    const mean = week.reduce((sum, { value }) => sum + value, 0) / week.length;
    return `${(LEFT + (index + 0.4) * step).toFixed(1)} ${yOf(mean).toFixed(1)}`;
  });
  const every = Math.max(1, Math.ceil(days.length / 8));
  const names = days
    .map(({ day }, index) => text(LEFT + (index + 0.4) * step, HEIGHT - BOTTOM + 18, day, "middle"))
    .filter((_, index) => index % every === 0 && index + every / 2 < days.length);
  const line = `<path d="M${path.join("L")}" fill="none" stroke="#d29922" stroke-width="2"/>`;
  return svg(WIDTH, HEIGHT, [heading(title), ...grid, ...bars, line, ...names]);
}

/**
 * Draws what share of each month's new customers came back, as SVG: a row a cohort, the darker the more.
 *
 * @param title what it shows
 * @param cohorts in order
 */
export function plotCohorts(title: string, cohorts: readonly Cohort[]): string {
  const months = Math.max(0, ...cohorts.map(({ retained }) => retained.length));
  const head = Array.from({ length: months }, (_, at) =>
    text(CELL.left + (at + 0.5) * CELL.width, CELL.top - 8, `month ${at + 1}`, "middle"),
  );
  const rows = cohorts.flatMap(({ month, customers, retained }, row) => {
    const y = CELL.top + row * CELL.height;
    const name = text(
      CELL.left - 12,
      y + CELL.height / 2 + 4,
      `${month.slice(0, 7)} · ${customers} customers`,
      "end",
    );
    const cells = retained.flatMap((share, at) => {
      if (share === null) return [];
      const x = CELL.left + at * CELL.width;
      const box = `x="${x}" y="${y}" width="${CELL.width - 2}" height="${CELL.height - 2}"`;
      const shown = `${(share * 100).toFixed(0)} %`;
      return [
        `<rect ${box} fill="#1f6feb" fill-opacity="${(0.1 + 0.9 * share).toFixed(2)}"/>`,
        text(x + CELL.width / 2, y + CELL.height / 2 + 4, shown, "middle", share > 0.5 ? "#fff" : "#888"),
      ];
    });
    return [name, ...cells];
  });
  const width = CELL.left + months * CELL.width + 16;
  return svg(width, CELL.top + cohorts.length * CELL.height + 16, [heading(title), ...head, ...rows]);
}

function svg(width: number, height: number, parts: readonly string[]): string {
  const open = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12">`;
  return `${open}\n${parts.join("\n")}\n</svg>\n`;
}

function heading(title: string): string {
  return `<text x="16" y="22" font-size="15" fill="#888">${escapeXml(title)}</text>`;
}

function text(x: number, y: number, content: string, anchor: string, colour = "#888"): string {
  const at = `x="${x.toFixed(1)}" y="${y.toFixed(1)}"`;
  return `<text ${at} text-anchor="${anchor}" fill="${colour}">${escapeXml(content)}</text>`;
}

function escapeXml(content: string): string {
  return content.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}

/** The next of 1, 2, 4 or 8 times a power of ten: quarters of it are short numbers. */
function niceCeiling(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return ([1, 2, 4, 8, 10].find((times) => times * power >= value) ?? 10) * power;
}
