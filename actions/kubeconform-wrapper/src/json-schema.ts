/** A JSON Schema, draft 4 (what kubeconform takes a schema without `$schema` for). */
export interface JsonSchema {
  [keyword: string]: unknown;
  type?: string | string[];
  enum?: unknown[];
  required?: string[];
  properties?: Record<string, JsonSchema>;
  additionalProperties?: boolean | JsonSchema;
  items?: JsonSchema;
}

/** The schema of one kind. */
export interface KindSchema {
  group: string;
  version: string;
  kind: string;
  schema: JsonSchema;
}

/** Where kubeconform looks a schema up, below a folder: `apps/deployment_v1.json`, and `v1/pod_v1.json` for the core group. */
export const schemaPathTemplate = "{{.Group}}/{{.ResourceKind}}_{{.ResourceAPIVersion}}.json";

/**
 * The path that `schemaPathTemplate` gives a kind.
 *
 * @returns a path with forward slashes, below the schema folder
 */
export function schemaPath(apiVersion: string, kind: string): string {
  const [group = "", version = group] = apiVersion.split("/");
  return `${group}/${kind.toLowerCase()}_${version}.json`;
}

/**
 * The same schema, which also takes `null`: the API server drops a null where the field may be absent.
 *
 * @param schema a schema
 * @returns a new schema
 */
export function orNull(schema: JsonSchema): JsonSchema {
  if (schema.type === undefined) return schema;
  const types = [schema.type].flat();
  if (types.includes("null")) return schema;
  const widened: JsonSchema = { ...schema, type: [...types, "null"] };
  if (schema.enum !== undefined) widened.enum = [...schema.enum, null];
  return widened;
}
