import type { Pipeline, Size } from "./pipeline-type.ts";

/** What of a pipeline runs on Spark, in the order in which it runs. */
export const SPARK_STEPS = ["silver", "quality", "gold"] as const;

export type SparkStep = (typeof SPARK_STEPS)[number];

/** The parts of a pipeline that decide what Kubernetes is told of it. No table is among them. */
export interface PipelineShape {
  metadata: { name: Pipeline["metadata"]["name"] };
  spec: Pick<Pipeline["spec"], "storage" | "resources" | "transform" | "warehouse">;
}

/**
 * The steps of a pipeline that Spark runs: gold is not among them where dbt or a warehouse builds the marts.
 *
 * @param pipeline the pipeline
 * @returns the steps, in the order in which they run
 */
export function sparkStepsOf(pipeline: PipelineShape): SparkStep[] {
  const { transform, warehouse } = pipeline.spec;
  const goldElsewhere = transform !== undefined || warehouse !== undefined;
  return SPARK_STEPS.filter((step) => step !== "gold" || !goldElsewhere);
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
