import { quote } from "./describe-value.ts";
import type { Finding } from "./finding.ts";
import { pointTo } from "./json-pointer.ts";
import type { PipelineFile } from "./pipeline-file.ts";
import type { Spec } from "./pipeline-type.ts";
import { locateProblems, type PointedProblem } from "./problem.ts";

/**
 * Checks what no pipeline can know by itself: that no two write one table.
 *
 * @param sources all of the repository's pipelines that are valid by the schema
 * @returns errors, at the later pipeline's table
 */
export function checkPipelines(sources: readonly PipelineFile[]): Finding[] {
  const writers = new Map<string, PipelineFile>();
  const ordered = [...sources].sort((a, b) => (a.file < b.file ? -1 : 1));
  return ordered.flatMap((source) => {
    const problems = writes(source.pipeline.spec).flatMap(({ table, place, pointer }): PointedProblem[] => {
      const other = writers.get(`${place} ${table}`);
      if (other === undefined) writers.set(`${place} ${table}`, source);
      if (other === undefined || other === source) return [];
      return [
        {
          pointer,
          at: "value",
          rule: "pipeline/two-writers",
          message: `${quote(table)} is written by ${quote(other.file)} too, in the same ${place}`,
          expected: "one writer a table",
          fix: "rename the table, or store it elsewhere",
        },
      ];
    });
    // Positions are only read where there is something to tell: a pipeline may be known from an earlier run.
    return problems.length === 0 ? [] : locateProblems(source.file, source.positions, problems);
  });
}

/** What a pipeline writes, as readers name it, and where that name counts. */
function writes({
  storage,
  warehouse,
  tables,
  marts = [],
}: Spec): { table: string; place: string; pointer: string }[] {
  const lake =
    storage.catalog === undefined ? `bucket ${quote(storage.bucket)}` : `catalog ${quote(storage.catalog)}`;
  const gold = warehouse === undefined ? lake : `database ${quote(warehouse.database)}`;
  return [
    ...tables.map(({ name }, index) => {
      return { table: `silver.${name}`, place: lake, pointer: pointTo("/spec/tables", index, "name") };
    }),
    ...marts.map(({ name }, index) => {
      return { table: `gold.${name}`, place: gold, pointer: pointTo("/spec/marts", index, "name") };
    }),
  ];
}
