import type { Pipeline } from "../../actions/lib/domain/pipeline-type.ts";
import { escapeHtml } from "./escape-html.ts";
import type { MartLineage } from "./lineage.ts";

const BOX = { width: 190, height: 26, gap: 10, top: 40 } as const;
const COLUMNS = { source: 10, silver: 290, gold: 570 } as const;
const WIDTH = COLUMNS.gold + BOX.width + 10;

interface Place {
  x: number;
  y: number;
}

/**
 * Draws which table comes from which source and which mart reads which table, as SVG.
 *
 * @param pipeline valid
 * @param lineage of its marts
 */
export function renderLineage({ spec }: Pipeline, lineage: readonly MartLineage[]): string {
  const tables = spec.tables.map(({ name }) => `silver.${name}`);
  const marts = (spec.marts ?? []).map(({ name }) => `gold.${name}`);
  const sources = Object.keys(spec.sources);
  const rows = Math.max(tables.length, marts.length, sources.length);
  const place = (names: readonly string[], x: number): [string, Place][] => {
    // Short columns are spread over the height of the longest.
    const step = ((BOX.height + BOX.gap) * rows) / names.length;
    return names.map((name, at) => [name, { x, y: BOX.top + step * (at + 0.5) - BOX.height / 2 }]);
  };
  const places = new Map([
    ...place(sources, COLUMNS.source),
    ...place(tables, COLUMNS.silver),
    ...place(marts, COLUMNS.gold),
  ]);
  const edges: [string, string][] = [
    ...spec.tables.map(({ name, source }): [string, string] => [source, `silver.${name}`]),
    ...lineage.flatMap(({ mart, reads }) =>
      [...reads.keys()].map((table): [string, string] => [table, `gold.${mart}`]),
    ),
  ];
  const lines = edges.flatMap(([from, to]) => {
    const [start, end] = [places.get(from), places.get(to)];
    return start === undefined || end === undefined ? [] : [curve(start, end)];
  });
  const heads = Object.entries(COLUMNS).map(
    ([name, x]) => `<text x="${x + BOX.width / 2}" y="24" text-anchor="middle" class="head">${name}</text>`,
  );
  const boxes = [...places].map(([name, at]) => box(name, at));
  const height = BOX.top + rows * (BOX.height + BOX.gap) + 10;
  const open = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="Lineage">`;
  return `${open}\n${[...heads, ...lines, ...boxes].join("\n")}\n</svg>\n`;
}

function curve({ x, y }: Place, end: Place): string {
  const [fromX, fromY] = [x + BOX.width, y + BOX.height / 2];
  const [toX, toY] = [end.x, end.y + BOX.height / 2];
  const middle = (fromX + toX) / 2;
  const points = [fromX, fromY, middle, fromY, middle, toY, toX, toY].map((value) => value.toFixed(1));
  return `<path d="M${points[0]} ${points[1]}C${points.slice(2).join(" ")}"/>`;
}

function box(name: string, { x, y }: Place): string {
  const shown = escapeHtml(name.includes(".") ? (name.split(".")[1] ?? name) : name);
  const rect = `<rect x="${x}" y="${y.toFixed(1)}" width="${BOX.width}" height="${BOX.height}" rx="5"/>`;
  const label = `<text x="${x + BOX.width / 2}" y="${(y + BOX.height / 2 + 4).toFixed(1)}" text-anchor="middle">${shown}</text>`;
  // A source has no section of its own on the page.
  return name.includes(".") ? `<a href="#${escapeHtml(name)}">${rect}${label}</a>` : `${rect}${label}`;
}
