import { checkTimeZone } from "./check-time-zone.ts";
import { oneOf, quote } from "./describe-value.ts";
import { didYouMean, nearest } from "./did-you-mean.ts";
import { type JsonPointer, pointTo } from "./json-pointer.ts";
import type { Column, ColumnDetails, PartitionField, QualityRule, Spec, Table } from "./pipeline-type.ts";
import type { PointedProblem } from "./problem.ts";
import { columnsOfSql } from "./sql-columns.ts";
import { groupParentheses } from "./sql-groups.ts";
import { SPARK_SQL, tokenizeSql } from "./sql-tokens.ts";

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

/** Every place that names a column of the table. */
function checkNamedColumns(table: Table, pointer: JsonPointer): PointedProblem[] {
  const load = table.load;
  const named: [JsonPointer, string | undefined][] = [
    ...itemsAt(pointTo(pointer, "keys"), table.keys ?? []),
    ...itemsAt(pointTo(pointer, "history"), table.history ?? []),
    ...(table.partitionBy ?? []).map((field, index): [JsonPointer, string] =>
      typeof field === "string"
        ? [pointTo(pointer, "partitionBy", index), field]
        : [pointTo(pointer, "partitionBy", index, "column"), field.column],
    ),
    [pointTo(pointer, "load", "cursor"), load?.mode === "incremental" ? load.cursor : undefined],
    [
      pointTo(pointer, "load", "deletes", "column"),
      load?.deletes?.mode === "soft" ? load.deletes.column : undefined,
    ],
    [pointTo(pointer, "load", "split", "column"), load?.split?.column],
  ];
  return named.flatMap(([at, name]) => (name === undefined ? [] : checkNamedColumn(table, at, name)));
}

function itemsAt(pointer: JsonPointer, names: readonly string[]): [JsonPointer, string][] {
  return names.map((name, index) => [pointTo(pointer, index), name]);
}

function checkNamedColumn(table: Table, pointer: JsonPointer, name: string): PointedProblem[] {
  const column = Object.hasOwn(table.columns, name) ? table.columns[name] : undefined;
  if (column !== undefined && !isDeprecated(column)) return [];
  const kept = Object.keys(table.columns).filter((other) => !isDeprecated(table.columns[other]));
  const isThere = column !== undefined;
  return [
    {
      pointer,
      at: "value",
      rule: isThere ? "pipeline/deprecated-column" : "pipeline/unknown-column",
      message: isThere
        ? `${quote(name)} is deprecated, so it is not kept`
        : `${quote(table.name)} has no column ${quote(name)}`,
      expected: oneOf(kept),
      fix:
        didYouMean(name, kept) ??
        (isThere ? "name another column" : "name one of them, or declare it in `columns`"),
    },
  ];
}

/** In SQL only a near miss is told: what else a name may be there is for the engine to say. */
function checkSqlColumns(table: Table, pointer: JsonPointer): PointedProblem[] {
  const kept = Object.keys(table.columns).filter((name) => !isDeprecated(table.columns[name]));
  const known = new Set(kept.map((name) => name.toLowerCase()));
  const gone = new Set(Object.keys(table.columns).filter((name) => isDeprecated(table.columns[name])));
  const expressions: [JsonPointer, string][] = [
    ...(table.quality ?? []).map(({ rule }, index): [JsonPointer, string] => {
      return [pointTo(pointer, "quality", index, "rule"), rule];
    }),
    ...Object.entries(table.columns).flatMap(([name, column]): [JsonPointer, string][] => {
      const sql = typeof column === "object" ? column.expression : undefined;
      return sql === undefined ? [] : [[pointTo(pointer, "columns", name, "expression"), sql]];
    }),
  ];
  return expressions.flatMap(([at, sql]) =>
    columnsOfSql(sql, SPARK_SQL)
      .filter(({ name }) => !known.has(name.toLowerCase()))
      .filter(({ name }) => gone.has(name) || nearest(name, kept) !== undefined)
      .slice(0, 1)
      .flatMap(({ name }) => checkNamedColumn(table, at, name)),
  );
}

function isDeprecated(column: Column | undefined): boolean {
  return typeof column === "object" && column.deprecated === true;
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

/**
 * Checks how a table or mart is split.
 *
 * @param fields its `partitionBy`
 * @param pointer to it
 * @param spec the pipeline's
 * @returns what is wrong
 */
export function checkPartitions(
  fields: readonly PartitionField[],
  pointer: JsonPointer,
  spec: Spec,
): PointedProblem[] {
  return fields.flatMap((field, index): PointedProblem[] => {
    if (typeof field === "string") return [];
    const at = pointTo(pointer, index);
    const { format } = spec.storage;
    if (format !== "iceberg" && field.transform !== "identity") {
      const message = `${quote(format)} cannot split by a transform`;
      const fix = "name a column alone, or store as Iceberg";
      return [
        {
          pointer: pointTo(at, "transform"),
          at: "value",
          rule: "pipeline/partition",
          message,
          expected: "`identity`",
          fix,
        },
      ];
    }
    const wantsWidth = field.transform === "bucket" || field.transform === "truncate";
    if (wantsWidth === (field.width !== undefined)) return [];
    const message = `${quote(field.transform)} ${wantsWidth ? "has no" : "takes no"} \`width\``;
    const expected = wantsWidth
      ? "a number of buckets, or a length"
      : "`width` with `bucket` and `truncate` only";
    const fix = wantsWidth ? "add `width:`" : "drop it";
    return [
      { pointer: pointTo(at, "transform"), at: "value", rule: "pipeline/partition", message, expected, fix },
    ];
  });
}

/**
 * Checks the quality rules of a table or mart.
 *
 * @param rules its `quality`
 * @param pointer to it
 * @returns what is wrong
 */
export function checkRules(rules: readonly QualityRule[], pointer: JsonPointer): PointedProblem[] {
  const problems: PointedProblem[] = [];
  const seen = new Map<string, number>();
  for (const [index, { rule, name }] of rules.entries()) {
    const at = pointTo(pointer, index, "rule");
    problems.push(...checkExpression(rule, at));
    const identity = name ?? rule.trim().replaceAll(/\s+/g, " ");
    const earlier = seen.get(identity);
    seen.set(identity, earlier ?? index);
    if (earlier === undefined) continue;
    const message = `${quote(identity)} stands twice, so a report could not tell which was broken`;
    const where = name === undefined ? at : pointTo(pointer, index, "name");
    problems.push({
      pointer: where,
      at: "value",
      rule: "pipeline/duplicate-rule",
      message,
      expected: "each rule once",
      fix: "drop it",
    });
  }
  return problems;
}

function checkExpression(sql: string, pointer: JsonPointer): PointedProblem[] {
  const { tokens, problems } = tokenizeSql(sql, SPARK_SQL);
  const at = "value";
  if (tokens.length === 1 && problems.length === 0) {
    const fix = "write a condition, or remove the entry";
    return [
      {
        pointer,
        at,
        rule: "pipeline/empty",
        message: "the SQL is empty",
        expected: "SQL over the table's columns",
        fix,
      },
    ];
  }
  return [...problems, ...groupParentheses(tokens).problems].slice(0, 1).map(({ message, expected, fix }) => {
    return {
      pointer,
      at,
      rule: "pipeline/sql-syntax",
      message: `${message} in ${quote(sql)}`,
      expected,
      fix,
    };
  });
}
