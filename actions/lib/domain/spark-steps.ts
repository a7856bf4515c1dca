import type { Pipeline, Size } from "./pipeline-type.ts";

/** What of a pipeline runs on Spark, in the order in which it runs. */
export const SPARK_STEPS = ["raw", "silver", "quality", "gold", "maintain"] as const;

export type SparkStep = (typeof SPARK_STEPS)[number];

/**
 * The parts of a pipeline that decide what Kubernetes is told of it. Of sources only the databases do, and of tables
 * only the names of the secrets that they hash with: another table of the same kind changes nothing.
 */
export interface PipelineShape {
  metadata: { name: Pipeline["metadata"]["name"] };
  spec: Pick<Pipeline["spec"], "storage" | "resources" | "transform" | "warehouse" | "maintenance"> &
    Partial<Pick<Pipeline["spec"], "sources" | "tables">>;
}

/**
 * The steps of a pipeline that Spark runs: raw is among them where a source is a database, gold is not where dbt or
 * a warehouse builds the marts, and maintain is where maintenance is declared.
 *
 * @param pipeline the pipeline
 * @returns the steps, in the order in which they run
 */
export function sparkStepsOf(pipeline: PipelineShape): SparkStep[] {
  const { transform, warehouse } = pipeline.spec;
  const goldElsewhere = transform !== undefined || warehouse !== undefined;
  const databases = databaseConnections(pipeline).length > 0;
  return SPARK_STEPS.filter((step) => {
    if (step === "raw") return databases;
    if (step === "maintain") return pipeline.spec.maintenance !== undefined;
    return step !== "gold" || !goldElsewhere;
  });
}

/** The connections of the databases that Spark reads, sorted. */
export function databaseConnections({ spec }: PipelineShape): string[] {
  const found = Object.values(spec.sources ?? {}).flatMap((source) =>
    source.type === "postgres" ? [source.connection] : [],
  );
  return [...new Set(found)].sort();
}

/** The names of the secrets that personal data is hashed with, sorted. */
export function hashKeys({ spec }: PipelineShape): string[] {
  const columns = (spec.tables ?? []).flatMap((table) => Object.values(table.columns));
  const found = columns.flatMap((column) =>
    typeof column === "object" && column.pii?.method === "hash" ? [column.pii.key] : [],
  );
  return [...new Set(found)].sort();
}

/**
 * Name of a step's image, and of the template that runs it.
 *
 * @param pipeline name of the pipeline
 * @param step the step
 * @returns `breweries-silver`; the quality step's image is `breweries-tests`
 */
export function imageName(pipeline: string, step: SparkStep): string {
  return `${pipeline}-${step === "quality" ? "tests" : step}`;
}

/**
 * How big a step's Spark job is.
 *
 * @param pipeline the pipeline
 * @param step the step
 * @returns the declared size; `small` where none is declared
 */
export function stepSize(pipeline: PipelineShape, step: SparkStep): Size {
  const { resources } = pipeline.spec;
  if (typeof resources === "string") return resources;
  return resources?.[step] ?? "small";
}
