import { isMap, isSeq, parseDocument } from "yaml";
import type { ActionResult } from "../../actions/lib/domain/action-result.ts";
import { checkPipeline } from "../../actions/lib/domain/check-pipeline.ts";
import { didYouMean } from "../../actions/lib/domain/did-you-mean.ts";
import { readPipeline } from "../../actions/lib/domain/pipeline-file.ts";
import type { Pipeline } from "../../actions/lib/domain/pipeline-type.ts";
import { UserError } from "../../actions/lib/domain/user-error.ts";
import type { Workspace } from "../../actions/lib/ports/workspace.ts";

/** What is known of a table that is to be added. */
export interface NewTable {
  pipeline: string;
  name: string;
  /** Name of the source; the pipeline's first without it. */
  source: string | undefined;
  /** `name:type` of each column; the first is the key. */
  columns: readonly string[];
  /** Column that grows with every change; without it all rows are read every time. */
  cursor: string | undefined;
}

const EXAMPLE_COLUMNS = ["id:string", "name:string"];

/**
 * Adds a table to a pipeline: one block in its file. Nothing else changes with it.
 *
 * @param workspace the repository
 * @param print takes a line for what was done and what is next
 * @throws UserError when there is no such pipeline, when the name is taken, or when the block would not be valid; nothing
 *   is written then
 */
export async function newTable(
  workspace: Workspace,
  table: NewTable,
  print: (line: string) => void,
): Promise<ActionResult> {
  const file = `pipelines/${table.pipeline}/pipeline.yaml`;
  if (!(await workspace.exists(file))) throw await noSuchPipeline(workspace, table.pipeline);
  const text = new TextDecoder().decode(await workspace.read(file));
  const files = await workspace.list(`pipelines/${table.pipeline}`);
  const paths = new Set(files.map(({ path }) => path));
  const before = parsed(file, text, paths);
  if (before.spec.tables.some(({ name }) => name === table.name)) {
    throw new UserError(
      `${file}: there is a table ${JSON.stringify(table.name)} already; choose another name`,
    );
  }
  const { at, indent } = endOfTables(file, text);
  const block = tableText(table, before)
    .map((line) => `${" ".repeat(indent)}${line}\n`)
    .join("");
  const after = `${text.slice(0, at)}${text[at - 1] === "\n" ? "" : "\n"}${block}${text.slice(at)}`;
  parsed(file, after, paths);
  await workspace.apply(new Map([[file, after]]));
  const line = after.slice(0, at).split("\n").length;
  print(`changed  ${file}:${line}`);
  print("next: say what its columns are and what must hold of them, then npm run validate");
  return { ok: true, outputs: {}, summary: "", annotations: [] };
}

function parsed(file: string, text: string, paths: ReadonlySet<string>): Pipeline {
  const { pipeline, findings } = readPipeline(file, text);
  const meant = pipeline === undefined ? [] : checkPipeline(pipeline, { paths, sql: new Map() });
  const errors = [...findings, ...meant].filter(({ severity }) => severity === "error");
  if (pipeline !== undefined && errors.length === 0) return pipeline.pipeline;
  const told = errors.map(
    ({ line, column, message, fix }) => `${file}:${line}:${column}: ${message}; ${fix}`,
  );
  throw new UserError(told.join("\n"));
}

async function noSuchPipeline(workspace: Workspace, name: string): Promise<UserError> {
  const files = await workspace.list("pipelines");
  const names = files.flatMap(({ path }) => /^pipelines\/([^/]+)\/pipeline\.yaml$/.exec(path)?.[1] ?? []);
  const fix = didYouMean(name, names) ?? `there are: ${names.join(", ")}`;
  return new UserError(`there is no pipeline ${JSON.stringify(name)}; ${fix}`);
}

/** Where the line after the last table begins, and how far its dash is in. */
function endOfTables(file: string, text: string): { at: number; indent: number } {
  const tables = parseDocument(text).getIn(["spec", "tables"], true);
  const [first, last] = isSeq(tables) ? [tables.items[0], tables.items.at(-1)] : [];
  const starts = isMap(first) ? first.range?.[0] : undefined;
  const ends = isMap(last) ? last.range?.[1] : undefined;
  if (starts === undefined || ends === undefined || !isSeq(tables) || tables.flow) {
    throw new UserError(
      `${file}: \`tables\` is written in brackets; write each table as a block of its own, \`- name: …\``,
    );
  }
  const endOfLine = text.indexOf("\n", text.slice(0, ends).trimEnd().length);
  const lineStart = text.lastIndexOf("\n", starts - 1) + 1;
  return {
    at: endOfLine === -1 ? text.length : endOfLine + 1,
    indent: text.slice(lineStart, starts).indexOf("-"),
  };
}

function tableText({ name, source, columns, cursor }: NewTable, { spec }: Pipeline): string[] {
  const from = source ?? Object.keys(spec.sources)[0] ?? "";
  const declared = (columns.length > 0 ? columns : EXAMPLE_COLUMNS).map((column) => {
    const [columnName = "", ...type] = column.split(":");
    return [columnName.trim(), type.join(":").trim() || "string"] as const;
  });
  const key = declared[0]?.[0] ?? "";
  return [
    `- name: ${name}`,
    "  description: One row for each record.",
    `  source: ${from}`,
    ...(cursor === undefined ? [] : [`  load: { mode: incremental, cursor: ${cursor}, lag: 15m }`]),
    `  keys: [${key}]`,
    "  write: merge",
    "  columns:",
    ...declared.map(([column, type]) => `    ${column}: ${type.includes(",") ? JSON.stringify(type) : type}`),
    "  quality:",
    `    - { rule: ${key} is not null, severity: fail }`,
  ];
}
