import { isDeprecated } from "../../actions/lib/domain/check-named-columns.ts";
import type { Column, ColumnDetails, Mart, Pipeline, Table } from "../../actions/lib/domain/pipeline-type.ts";
import type { MartLineage } from "./lineage.ts";
import { piiText } from "./render-page.ts";

/**
 * Tells what a pipeline promises of its data as a data contract of the Open Data Contract Standard, version 3.0.1
 * (https://bitol-io.github.io/open-data-contract-standard/).
 *
 * @param pipeline valid
 * @param lineage of its marts
 * @returns plain data, to be written as YAML
 */
export function dataContract({ metadata, spec }: Pipeline, lineage: readonly MartLineage[]): object {
  const { name, owner, description, tags } = metadata;
  return {
    version: "1.0.0",
    kind: "DataContract",
    apiVersion: "v3.0.1",
    id: `wavehouse-${name}`,
    name,
    status: "active",
    ...(tags === undefined ? {} : { tags }),
    ...(description === undefined ? {} : { description: { purpose: description } }),
    team: [{ username: owner, role: "owner" }],
    schema: [
      ...spec.tables.map(tableObject),
      ...(spec.marts ?? []).map((mart) =>
        martObject(
          mart,
          lineage.find((one) => one.mart === mart.name),
        ),
      ),
    ],
  };
}

function tableObject(table: Table): object {
  const kept = Object.entries(table.columns).filter(
    ([, column]) => !isDeprecated(column) && !isDropped(column),
  );
  const partitions = (table.partitionBy ?? []).map((field) =>
    typeof field === "string" ? field : field.column,
  );
  return {
    name: `silver_${table.name}`,
    physicalName: `silver.${table.name}`,
    logicalType: "object",
    physicalType: "table",
    ...(table.description === undefined ? {} : { description: table.description }),
    properties: kept.map(([name, column]) => property(name, column, table.keys ?? [], partitions)),
    ...quality(table.quality),
  };
}

function martObject(mart: Mart, lineage: MartLineage | undefined): object {
  const grain = mart.grain ?? [];
  const names = lineage === undefined || lineage.columns.length === 0 ? grain : lineage.columns;
  return {
    name: `gold_${mart.name}`,
    physicalName: `gold.${mart.name}`,
    logicalType: "object",
    physicalType: "table",
    ...(mart.description === undefined ? {} : { description: mart.description }),
    properties: names.map((name) => ({ name, ...keyOf(name, grain) })),
    ...quality(mart.quality),
  };
}

function property(
  name: string,
  column: Column,
  keys: readonly string[],
  partitions: readonly string[],
): object {
  const details: ColumnDetails = typeof column === "string" ? { type: column } : column;
  const partition = partitions.indexOf(name);
  return {
    name,
    logicalType: logicalType(details.type),
    physicalType: details.type,
    ...(details.description === undefined ? {} : { description: details.description }),
    ...keyOf(name, keys),
    ...(partition === -1 ? {} : { partitioned: true, partitionKeyPosition: partition + 1 }),
    ...(details.expression === undefined ? {} : { transformLogic: details.expression }),
    ...(details.pii === undefined
      ? {}
      : { classification: "personal", transformDescription: piiText(details.pii) }),
  };
}

function keyOf(name: string, keys: readonly string[]): object {
  const at = keys.indexOf(name);
  return at === -1 ? {} : { primaryKey: true, primaryKeyPosition: at + 1, required: true };
}

function isDropped(column: Column): boolean {
  return typeof column === "object" && column.pii?.method === "drop";
}

function logicalType(type: string): string {
  if (/^(tinyint|smallint|int|bigint)$/.test(type)) return "integer";
  if (/^(float|double|decimal)/.test(type)) return "number";
  if (/^(date|timestamp)/.test(type)) return "date";
  if (type.startsWith("array")) return "array";
  if (/^(map|struct|variant)/.test(type)) return "object";
  return type === "boolean" ? "boolean" : "string";
}

const SEVERITIES = { warn: "info", quarantine: "warning", fail: "error" } as const;

/** A rule is broken where it is false; null passes. */
function quality(rules: Table["quality"]): object {
  if (rules === undefined || rules.length === 0) return {};
  return {
    quality: rules.map(({ rule, severity, name, description }) => ({
      type: "sql",
      ...(name === undefined ? {} : { name }),
      description: description ?? rule,
      severity: SEVERITIES[severity],
      query: `SELECT count(*) FROM \${table} WHERE NOT (${rule})`,
      mustBe: 0,
    })),
  };
}
