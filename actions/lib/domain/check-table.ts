import { checkNamedColumns, checkSqlColumns, isDeprecated } from "./check-named-columns.ts";
import { checkPartitions } from "./check-partitions.ts";
import { checkExpression, checkRules } from "./check-rules.ts";
import { checkTimeZone } from "./check-time-zone.ts";
import { oneOf, quote } from "./describe-value.ts";
import { didYouMean } from "./did-you-mean.ts";
import { type JsonPointer, pointTo } from "./json-pointer.ts";
import type { ColumnDetails, Spec, Table } from "./pipeline-type.ts";
import type { PointedProblem } from "./problem.ts";

/**
 * Checks what the schema cannot say of a table: that what it names is there, and that its parts fit together.
 *
 * @param table the table
 * @param pointer to it
 * @param spec the pipeline's
 * @returns what is wrong
 */
export function checkTable(table: Table, pointer: JsonPointer, spec: Spec): PointedProblem[] {
  return [
    ...checkSource(table, pointer, spec),
    ...checkColumns(table, pointer),
    ...checkNamedColumns(table, pointer),
    ...checkWrite(table, pointer),
    ...checkPartitions(table.partitionBy ?? [], pointTo(pointer, "partitionBy"), spec),
    ...checkRules(table.quality ?? [], pointTo(pointer, "quality")),
    ...checkSqlColumns(table, pointer),
  ];
}

function checkSource(table: Table, pointer: JsonPointer, spec: Spec): PointedProblem[] {
  const at = "value";
  const source = Object.hasOwn(spec.sources, table.source) ? spec.sources[table.source] : undefined;
  if (source === undefined) {
    const names = Object.keys(spec.sources);
    const message = `there is no source ${quote(table.source)}`;
    const fix = didYouMean(table.source, names) ?? "name one of them, or add it to `sources`";
    return [
      {
        pointer: pointTo(pointer, "source"),
        at,
        rule: "pipeline/unknown-source",
        message,
        expected: oneOf(names),
        fix,
      },
    ];
  }
  const problems: PointedProblem[] = [];
  if (table.load?.mode === "incremental" && source.type !== "postgres") {
    problems.push({
      pointer: pointTo(pointer, "load", "mode"),
      at,
      rule: "pipeline/load-mode",
      message: `${quote(table.source)} is of type ${quote(source.type)}, which cannot be read by a cursor`,
      expected: "`full`, or a source of type `postgres`",
      fix: "drop `load`",
    });
  }
  if (table.explode !== undefined && !["http", "s3", "files"].includes(source.type)) {
    problems.push({
      pointer: pointTo(pointer, "explode"),
      at: "key",
      rule: "pipeline/explode",
      message: `${quote(table.source)} is of type ${quote(source.type)}, whose rows hold no lists`,
      expected: "a source of JSON: `http`, `s3` or `files`",
      fix: "drop `explode`",
    });
  }
  return problems;
}

function checkColumns(table: Table, pointer: JsonPointer): PointedProblem[] {
  const problems: PointedProblem[] = [];
  const seen = new Map<string, string>();
  for (const [name, column] of Object.entries(table.columns)) {
    const at = pointTo(pointer, "columns", name);
    const earlier = seen.get(name.toLowerCase());
    seen.set(name.toLowerCase(), earlier ?? name);
    if (earlier !== undefined) {
      const message = `the column ${quote(name)} differs from ${quote(earlier)} in case only, which SQL does not tell apart`;
      const fix = "rename one, with `from` for its name in the source";
      problems.push({
        pointer: at,
        at: "key",
        rule: "pipeline/duplicate-column",
        message,
        expected: "names that differ",
        fix,
      });
    }
    if (typeof column === "object") problems.push(...checkDetails(column, name, table, at));
  }
  const kept = Object.values(table.columns).some((column) => !isDeprecated(column));
  if (!kept) {
    const message = "every column is deprecated, so nothing is kept";
    const fix = "declare what is to be kept";
    problems.push({
      pointer: pointTo(pointer, "columns"),
      at: "key",
      rule: "pipeline/no-column",
      message,
      expected: "a column that is kept",
      fix,
    });
  }
  return problems;
}

function checkDetails(
  column: ColumnDetails,
  name: string,
  table: Table,
  pointer: JsonPointer,
): PointedProblem[] {
  const problems: PointedProblem[] = [];
  if (column.timezone !== undefined) {
    const problem = checkTimeZone(column.timezone);
    if (problem !== undefined)
      problems.push({ pointer: pointTo(pointer, "timezone"), at: "value", ...problem });
  }
  if (column.expression !== undefined) {
    problems.push(...checkExpression(column.expression, pointTo(pointer, "expression")));
    if (column.from !== undefined) {
      const message = `${quote(name)} has both \`from\` and \`expression\``;
      const fix = "keep the one that is meant";
      problems.push({
        pointer: pointTo(pointer, "from"),
        at: "key",
        rule: "pipeline/conflict",
        message,
        expected: "one of them",
        fix,
      });
    }
  }
  const method = column.pii?.method;
  if (table.keys?.includes(name) && method !== undefined && method !== "hash") {
    problems.push({
      pointer: pointTo(pointer, "pii", "method"),
      at: "value",
      rule: "pipeline/masked-key",
      message: `${quote(name)} is a key, and ${quote(method)} does not keep keys apart`,
      expected: "`hash`",
      fix: "mask it with `hash`, or choose another key",
    });
  }
  return problems;
}

function checkWrite(table: Table, pointer: JsonPointer): PointedProblem[] {
  const needsKeys = table.write === "merge" || table.write === "scd2";
  if (needsKeys && table.keys === undefined) {
    const message = `${quote(table.write)} needs to know which row is which`;
    const fix = "add `keys: […]`, or write with `overwrite-partition`";
    return [
      {
        pointer: pointTo(pointer, "write"),
        at: "value",
        rule: "pipeline/no-keys",
        message,
        expected: "`keys`",
        fix,
      },
    ];
  }
  if (table.history === undefined || table.write === "scd2") return [];
  const message = `\`history\` means nothing with ${quote(table.write)}`;
  const fix = "drop it, or write with `scd2`";
  return [
    {
      pointer: pointTo(pointer, "history"),
      at: "key",
      rule: "pipeline/conflict",
      message,
      expected: "`write: scd2`",
      fix,
    },
  ];
}
