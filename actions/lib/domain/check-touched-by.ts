import { oneOf, quote } from "./describe-value.ts";
import { didYouMean } from "./did-you-mean.ts";
import { type JsonPointer, pointTo } from "./json-pointer.ts";
import type { Mart, Spec } from "./pipeline-type.ts";
import type { PointedProblem } from "./problem.ts";

/**
 * Checks what a mart says of the partitions that its inputs touch: that each input is a table, and that there are
 * partitions, in a format that can replace some of them.
 *
 * @param mart the mart
 * @param pointer to it
 * @param spec the pipeline's
 * @returns what is wrong
 */
export function checkTouchedBy(mart: Mart, pointer: JsonPointer, spec: Spec): PointedProblem[] {
  if (mart.touchedBy === undefined) return [];
  const at = pointTo(pointer, "touchedBy");
  const problems: PointedProblem[] = [];
  const needs = (message: string, expected: string, fix: string): void => {
    problems.push({ pointer: at, at: "key", rule: "pipeline/conflict", message, expected, fix });
  };
  if (mart.partitionBy === undefined) {
    needs(
      `the mart ${quote(mart.name)} has no partitions that an input could touch`,
      "`partitionBy`",
      "add it, or drop `touchedBy`: the whole mart is made each time",
    );
  }
  if (spec.storage.format !== "iceberg") {
    needs(
      `tables in ${spec.storage.format} do not tell what changed in them`,
      "`storage.format: iceberg`",
      "drop `touchedBy`: the whole mart is made each time",
    );
  }
  const names = spec.tables.map((table) => table.name);
  for (const name of Object.keys(mart.touchedBy)) {
    if (names.includes(name)) continue;
    problems.push({
      pointer: pointTo(at, name),
      at: "key",
      rule: "pipeline/unknown-table",
      message: `there is no table ${quote(name)}`,
      expected: oneOf(names),
      fix: didYouMean(name, names) ?? "name one of them",
    });
  }
  return problems;
}
