import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { compile, type JSONSchema } from "json-schema-to-typescript";

const SCHEMA = "pipelines/pipeline.schema.json";

/** Where the generated type lies, from the repository's root. */
export const PIPELINE_TYPE = "actions/lib/domain/pipeline-type.ts";

type Schema = { [keyword: string]: unknown };

/**
 * Derives the TypeScript type of a pipeline from its JSON Schema.
 *
 * @param root the repository's root
 * @returns the text of the generated module
 */
export async function renderPipelineType(root: string): Promise<string> {
  const schema = JSON.parse(await readFile(join(root, SCHEMA), "utf8")) as Schema;
  return compile(toTypeSchema(schema, schema.$defs as Record<string, Schema>) as JSONSchema, "Pipeline", {
    additionalProperties: false,
    bannerComment: `// Generated from ${SCHEMA} by scripts/generate-types.ts; do not edit.`,
    // Written-out tuples for every bounded list would be unreadable: the schema checks lengths.
    ignoreMinAndMaxItems: true,
    style: { printWidth: 110 },
  });
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

if (import.meta.main) {
  const root = join(import.meta.dirname, "..");
  await writeFile(join(root, PIPELINE_TYPE), await renderPipelineType(root));
}
