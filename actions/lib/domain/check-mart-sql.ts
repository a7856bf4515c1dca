import { checkMartColumns } from "./check-mart-columns.ts";
import { checkMartNames } from "./check-mart-names.ts";
import { oneOf, quote } from "./describe-value.ts";
import { didYouMean } from "./did-you-mean.ts";
import type { Finding } from "./finding.ts";
import { LineIndex } from "./line-index.ts";
import type { Pipeline, Spec } from "./pipeline-type.ts";
import type { Problem } from "./problem.ts";
import { type SqlTable, tablesOfSql } from "./sql-tables.ts";
import { SNOWFLAKE_SQL, SPARK_SQL, type SqlDialect } from "./sql-tokens.ts";

/**
 * Checks the query of a mart: that it is one query, and names only tables of its pipeline and marts made before it.
 *
 * @param file path of the SQL file from the repository's root
 * @param sql its text
 * @param mart index of the mart in the pipeline
 * @param pipeline the pipeline
 * @returns errors at lines of the SQL file
 */
export function checkMartSql(file: string, sql: string, mart: number, pipeline: Pipeline): Finding[] {
  const dialect = dialectOf(pipeline.spec);
  const { tables, problems } = tablesOfSql(sql, dialect);
  const lines = new LineIndex(sql);
  const found = (offset: number, problem: Problem): Finding => {
    return { severity: "error", file, ...lines.at(offset), ...problem };
  };
  const known = new Readable(pipeline.spec, mart);
  // Where a parenthesis is open, a common table expression may be read as something else.
  const readable = problems.length === 0 ? tables : tables.filter(({ parts }) => !isDefined(sql, parts));
  return [
    ...problems.map(({ offset, ...problem }) => found(offset, { rule: "pipeline/sql-syntax", ...problem })),
    ...checkMartColumns(sql, dialect, pipeline.spec).map(({ offset, problem }) => found(offset, problem)),
    ...checkMartNames(sql, dialect, pipeline.spec).map(({ offset, problem }) => found(offset, problem)),
    ...readable.flatMap((table) => {
      const problem = known.check(table);
      return problem === undefined ? [] : [found(table.offset, problem)];
    }),
  ];
}

/** Whether a name is one that the text itself gives to a query. */
function isDefined(sql: string, [name = "", ...more]: readonly string[]): boolean {
  return more.length === 0 && new RegExp(`\\b${name.replaceAll(/\W/g, "\\$&")}\\s+as\\s*\\(`, "i").test(sql);
}

/** @returns what the marts of a pipeline are written in */
export function dialectOf({ warehouse }: Spec): SqlDialect {
  return warehouse === undefined ? SPARK_SQL : SNOWFLAKE_SQL;
}

/** The names that a mart may read from. */
class Readable {
  readonly #names: ReadonlySet<string>;
  readonly #later: ReadonlyMap<string, string>;
  readonly #own: string;
  readonly #prefix: string | undefined;

  constructor({ tables, marts = [], sources, storage, warehouse }: Spec, mart: number) {
    const tableNames = tables.map(({ name }) => name);
    const registries = Object.values(sources).flatMap((source) => {
      return "registry" in source && source.registry !== undefined ? [source.registry.table] : [];
    });
    // Raw is a table only where it is stored as one; Delta pipelines keep it as the files that came.
    const raw = storage.format === "iceberg" || warehouse !== undefined ? [...tableNames, ...registries] : [];
    const gold = marts.map(({ name }) => `gold.${name}`);
    this.#names = new Set([
      ...tableNames.map((name) => `silver.${name}`),
      ...raw.map((name) => `raw.${name}`),
      ...gold.slice(0, mart),
    ]);
    this.#own = gold[mart] ?? "";
    this.#later = new Map(gold.slice(mart + 1).map((name) => [name, name]));
    this.#prefix = (warehouse?.database ?? storage.catalog)?.toLowerCase();
  }

  check({ parts }: SqlTable): Problem | undefined {
    const written = parts.join(".");
    const lower = parts.map((part) => part.toLowerCase());
    const name = (lower.length === 3 && lower[0] === this.#prefix ? lower.slice(1) : lower).join(".");
    if (this.#names.has(name)) return undefined;
    const rule = "pipeline/unknown-table";
    const expected = oneOf([...this.#names]);
    if (name === this.#own) {
      return {
        rule,
        message: `the mart reads ${quote(written)}, which it makes itself`,
        expected,
        fix: "read its inputs",
      };
    }
    if (this.#later.has(name)) {
      const message = `${quote(written)} is made after this mart`;
      return { rule, message, expected, fix: "move its block in `marts` above this one's", repair: "order" };
    }
    const fix = this.#suggest(name) ?? "name one of them, or add the table to the pipeline";
    return { rule, message: `the pipeline has no table ${quote(written)}`, expected, fix };
  }

  /** A name without its layer was meant with it; else the nearest, whatever the layer. */
  #suggest(name: string): string | undefined {
    const last = name.split(".").at(-1) ?? "";
    const sameTable = [...this.#names].find((known) => known.split(".")[1] === last);
    return sameTable === undefined ? didYouMean(name, this.#names) : `did you mean \`${sameTable}\`?`;
  }
}
