import { isDeprecated } from "../../actions/lib/domain/check-named-columns.ts";
import type {
  Column,
  ColumnDetails,
  Mart,
  Pii,
  Pipeline,
  Table,
} from "../../actions/lib/domain/pipeline-type.ts";
import { escapeHtml } from "./escape-html.ts";
import type { MartLineage } from "./lineage.ts";
import { renderLineage } from "./render-lineage.ts";

const STYLE = `
:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif; }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; margin: .5rem 0 1rem; }
th, td { text-align: left; padding: .25rem .6rem; border-bottom: 1px solid #8884; vertical-align: top; }
code { font-size: .9em; }
.pii { color: #b35900; }
svg { width: 100%; font-size: 12px; }
svg path { fill: none; stroke: #8888; }
svg rect { fill: #1f6feb22; stroke: #1f6feb; }
svg text { fill: currentColor; }
`;

/**
 * Renders what people should know of a pipeline's data as one page that needs nothing else.
 *
 * @param pipeline valid
 * @param lineage of its marts
 * @returns HTML
 */
export function renderPage(pipeline: Pipeline, lineage: readonly MartLineage[]): string {
  const { metadata, spec } = pipeline;
  const marts = spec.marts ?? [];
  const body = [
    `<h1>${escapeHtml(metadata.name)}</h1>`,
    `<p>${escapeHtml(metadata.description ?? "")} Owner: ${escapeHtml(metadata.owner)}.</p>`,
    renderLineage(pipeline, lineage),
    "<h2>Tables</h2>",
    ...spec.tables.map(tableSection),
    marts.length === 0 ? "" : "<h2>Marts</h2>",
    ...marts.map((mart) =>
      martSection(
        mart,
        lineage.find((one) => one.mart === mart.name),
      ),
    ),
  ];
  const head = `<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escapeHtml(metadata.name)}</title><style>${STYLE}</style>`;
  return `<!doctype html>\n<html lang="en"><head>${head}</head>\n<body>\n${body.join("\n")}\n</body></html>\n`;
}

function tableSection(table: Table): string {
  const columns = Object.entries(table.columns).map(([name, column]) => columnRow(name, column, table));
  return [
    `<h3 id="silver.${escapeHtml(table.name)}">silver.${escapeHtml(table.name)}</h3>`,
    `<p>${escapeHtml(table.description ?? "")} ${loadText(table)}</p>`,
    rowsOf(["column", "type", "what it is", "personal data"], columns),
    rulesOf(table.quality),
  ].join("\n");
}

function columnRow(name: string, column: Column, table: Table): string[] {
  const details: ColumnDetails = typeof column === "string" ? { type: column } : column;
  const key = table.keys?.includes(name) ? " (key)" : "";
  const what = [
    details.description,
    details.expression === undefined ? undefined : `made of ${code(details.expression)}`,
    details.timezone === undefined ? undefined : `read as ${escapeHtml(details.timezone)}, kept in UTC`,
    isDeprecated(column) ? "deprecated, not kept" : undefined,
  ];
  return [
    `${code(name)}${key}`,
    code(details.type),
    what.filter((part) => part !== undefined).join("; "),
    details.pii === undefined ? "" : `<span class="pii">${piiText(details.pii)}</span>`,
  ];
}

/** @returns how personal data is masked, in words */
export function piiText(pii: Pii): string {
  switch (pii.method) {
    case "hash":
      return "keyed hash: joins still work";
    case "partial":
      return `stars but for ${[
        pii.keepFirst === undefined ? [] : `the first ${pii.keepFirst}`,
        pii.keepLast === undefined ? [] : `the last ${pii.keepLast}`,
      ]
        .flat()
        .join(" and ")}`;
    case "generalise":
      return `only its ${pii.to}`;
    case "drop":
      return "not kept";
  }
}

function loadText({ load, write, history, source }: Table): string {
  const read = load?.mode === "incremental" ? `what changed by ${code(load.cursor)}` : "all of it, each time";
  const written =
    write === "scd2" ? `every version by ${(history ?? ["every column"]).map(code).join(", ")}` : write;
  return `From ${escapeHtml(source)}: ${read}; ${written}.`;
}

function martSection(mart: Mart, lineage: MartLineage | undefined): string {
  const reads = [...(lineage?.reads ?? [])].map(([table, columns]) => [
    `<a href="#${escapeHtml(table)}">${escapeHtml(table)}</a>`,
    columns.map(code).join(", "),
  ]);
  const columns = (lineage?.columns ?? []).map(code).join(", ");
  return [
    `<h3 id="gold.${escapeHtml(mart.name)}">gold.${escapeHtml(mart.name)}</h3>`,
    `<p>${escapeHtml(mart.description ?? "")}</p>`,
    `<p>One row for each ${(mart.grain ?? []).map(code).join(", ")}.${columns === "" ? "" : ` Columns: ${columns}.`}</p>`,
    rowsOf(["reads", "columns"], reads),
    rulesOf(mart.quality),
  ].join("\n");
}

function rulesOf(rules: Table["quality"]): string {
  const rows = (rules ?? []).map(({ rule, severity, description }) => [
    code(rule),
    severity,
    escapeHtml(description ?? ""),
  ]);
  return rowsOf(["rule", "broken", "why"], rows);
}

/** Cells are HTML already. */
function rowsOf(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return "";
  const line = (cells: readonly string[], tag: string) =>
    `<tr>${cells.map((cell) => `<${tag}>${cell}</${tag}>`).join("")}</tr>`;
  return `<table>\n${line(heads, "th")}\n${rows.map((row) => line(row, "td")).join("\n")}\n</table>`;
}

function code(text: string): string {
  return `<code>${escapeHtml(text)}</code>`;
}
