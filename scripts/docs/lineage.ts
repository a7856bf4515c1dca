import { dialectOf } from "../../actions/lib/domain/check-mart-sql.ts";
import type { Pipeline } from "../../actions/lib/domain/pipeline-type.ts";
import { groupParentheses } from "../../actions/lib/domain/sql-groups.ts";
import { outputNames, qualifiedColumns } from "../../actions/lib/domain/sql-names.ts";
import { tablesOfSql } from "../../actions/lib/domain/sql-tables.ts";
import { tokenizeSql } from "../../actions/lib/domain/sql-tokens.ts";

/** What a mart is made of. */
export interface MartLineage {
  mart: string;
  /** Columns that it has, in order; empty where its SQL does not tell without running it. */
  columns: readonly string[];
  /** Columns that it reads, by table or mart (`silver.orders`); empty where the SQL names none with its table. */
  reads: ReadonlyMap<string, readonly string[]>;
}

/**
 * Tells from the marts' SQL what they are made of.
 *
 * @param pipeline valid
 * @param sql text of the marts' files, by path in the pipeline's folder
 * @returns one entry for each mart that has a SQL file, in the declared order
 */
export function lineageOf({ spec }: Pipeline, sql: ReadonlyMap<string, string>): MartLineage[] {
  const dialect = dialectOf(spec);
  return (spec.marts ?? []).flatMap((mart): MartLineage[] => {
    const text = sql.get(mart.sql ?? "");
    if (text === undefined) return [];
    const { tokens } = tokenizeSql(text, dialect);
    const { tables } = tablesOfSql(text, dialect);
    const reads = new Map(tables.map(({ parts }) => [nameOf(parts), new Set<string>()]));
    for (const { table, column } of qualifiedColumns(tokens, tables)) {
      reads.get(nameOf(table))?.add(column.toLowerCase());
    }
    return [
      {
        mart: mart.name,
        columns: outputNames(groupParentheses(tokens).items) ?? [],
        reads: new Map([...reads].map(([name, columns]) => [name, [...columns].sort()])),
      },
    ];
  });
}

/** `silver.orders`, with or without its catalog before it. */
function nameOf(parts: readonly string[]): string {
  return parts.slice(-2).join(".").toLowerCase();
}
