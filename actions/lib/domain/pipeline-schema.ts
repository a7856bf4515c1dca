import schema from "../../../pipelines/pipeline.schema.json" with { type: "json" };

/** A JSON Schema, or a part of one. */
export type JsonSchema = { readonly [keyword: string]: unknown };

/** The schema of `pipeline.yaml`: the very file that editors complete from. */
export const PIPELINE_SCHEMA: JsonSchema = schema;
