import { compile, type JSONSchema } from "json-schema-to-typescript";
import type { Workspace } from "../../actions/lib/ports/workspace.ts";

const SCHEMA = "pipelines/pipeline.schema.json";

const PIPELINE_TYPE = "actions/lib/domain/pipeline-type.ts";

type Schema = { [keyword: string]: unknown };

/**
 * Derives the TypeScript type of a pipeline from its JSON Schema.
 *
 * @param workspace the repository
 * @returns the text that the module of the type shall have, by path
 */
export async function planPipelineType(workspace: Workspace): Promise<Map<string, string>> {
  const schema = JSON.parse(new TextDecoder().decode(await workspace.read(SCHEMA))) as Schema;
  const text = await compile(
    toTypeSchema(schema, schema.$defs as Record<string, Schema>) as JSONSchema,
    "Pipeline",
    {
      additionalProperties: false,
      bannerComment: `// Generated from ${SCHEMA} by \`npm run generate\`. Do not edit: the next run overwrites it.`,
      // Written-out tuples for every bounded list would be unreadable: the schema checks lengths.
      ignoreMinAndMaxItems: true,
      style: { printWidth: 110 },
    },
  );
  return new Map([[PIPELINE_TYPE, text]]);
}

/**
 * The generator writes a numbered copy of a type for each `$ref` that has a description of its own. So text is
 * written out in place, with that description, and every other reference stands alone. Conditions between keys
 * (`if`, `anyOf` of `required`) have no counterpart in the type.
 */
function toTypeSchema(node: unknown, definitions: Record<string, Schema>): unknown {
  if (Array.isArray(node)) return node.map((item) => toTypeSchema(item, definitions));
  if (typeof node !== "object" || node === null) return node;
  const schema = node as Schema;
  if (typeof schema.$ref === "string") {
    const target = definitions[schema.$ref.replace("#/$defs/", "")];
    if (target?.type !== "string") return { $ref: schema.$ref };
    return { type: "string", description: schema.description ?? target.description };
  }
  const { if: _if, then: _then, anyOf: _anyOf, ...rest } = schema;
  return Object.fromEntries(
    Object.entries(rest).map(([key, value]) => [key, toTypeSchema(value, definitions)]),
  );
}
