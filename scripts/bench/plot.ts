/** A line of a plot: where it goes through, and what it is called. */
export interface Line {
  name: string;
  points: readonly (readonly [x: number, y: number])[];
}

const COLOURS = ["#1f6feb", "#d29922", "#2da44e"];
const [WIDTH, HEIGHT, LEFT, BOTTOM, TOP] = [640, 360, 64, 44, 24] as const;

/**
 * Draws lines over two logarithmic axes, on which what is linear is straight, as SVG.
 *
 * @param lines what is drawn; all values are above 0
 * @param labels what the axes are
 */
export function plotLines(lines: readonly Line[], labels: { x: string; y: string }): string {
  const all = lines.flatMap(({ points }) => points);
  const xOf = scale(
    all.map(([x]) => x),
    LEFT,
    WIDTH - 16,
  );
  const yOf = scale(
    all.map(([, y]) => y),
    HEIGHT - BOTTOM,
    TOP,
  );
  const ticks = (values: readonly number[]): number[] => [...new Set(values)].sort((a, b) => a - b);
  const xs = ticks(all.map(([x]) => x)).map((x) => text(xOf(x), HEIGHT - BOTTOM + 18, String(x), "middle"));
  const powers = [0.1, 1, 10, 100, 1000].filter((y) => {
    const at = yOf(y);
    return at >= TOP - 1 && at <= HEIGHT - BOTTOM + 1;
  });
  const ys = powers.map((y) => {
    const at = yOf(y).toFixed(1);
    return `<path d="M${LEFT} ${at}H${WIDTH - 16}" stroke="#8884"/>${text(LEFT - 8, yOf(y) + 4, String(y), "end")}`;
  });
  const drawn = lines.map(({ name, points }, index) => {
    const colour = COLOURS[index % COLOURS.length] ?? "";
    const path = points.map(([x, y]) => `${xOf(x).toFixed(1)} ${yOf(y).toFixed(1)}`).join("L");
    const dots = points.map(
      ([x, y]) => `<circle cx="${xOf(x).toFixed(1)}" cy="${yOf(y).toFixed(1)}" r="3" fill="${colour}"/>`,
    );
    const label = `<text x="${LEFT + 12}" y="${TOP + 14 + index * 18}" fill="${colour}">${name}</text>`;
    return `<path d="M${path}" fill="none" stroke="${colour}" stroke-width="2"/>${dots.join("")}${label}`;
  });
  const axes = [
    text((LEFT + WIDTH) / 2, HEIGHT - 8, labels.x, "middle"),
    `<text transform="translate(16 ${HEIGHT / 2}) rotate(-90)" text-anchor="middle" fill="#888">${labels.y}</text>`,
  ];
  const body = [...ys, ...xs, ...axes, ...drawn].join("\n");
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12">\n<title>${labels.y} by ${labels.x}</title>\n${body}\n</svg>\n`;
}

function scale(values: readonly number[], from: number, to: number): (value: number) => number {
  const [low, high] = [Math.log(Math.min(...values)), Math.log(Math.max(...values))];
  return (value) => from + ((Math.log(value) - low) / (high - low || 1)) * (to - from);
}

function text(x: number, y: number, content: string, anchor: string): string {
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="${anchor}" fill="#888">${content}</text>`;
}
