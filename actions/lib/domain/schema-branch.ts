import type { JsonSchema } from "./pipeline-schema.ts";

/** Which of several alternatives a value was meant to be. */
export type Branch =
  | { is: "schema"; schema: JsonSchema }
  /** No alternative is of the value's type; these are the types that would do. */
  | { is: "no-type"; types: string[] }
  /** The key that tells the alternatives apart has none of these values, or is not there. */
  | { is: "no-discriminator"; key: string; values: string[] };

/**
 * Chooses the alternative of a `oneOf` that a value was meant to be: by its type, then by the key that has a constant
 * in each alternative (`type`, `mode`, `method`), then by the keys they share.
 *
 * @param branches the alternatives
 * @param resolve follows a `$ref`
 * @param value that fits none of them
 */
export function chooseBranch(
  branches: readonly JsonSchema[],
  resolve: (schema: JsonSchema) => JsonSchema,
  value: unknown,
): Branch {
  const typed = branches.map(resolve).filter((schema) => typeOf(schema) === jsonType(value));
  const [first, ...others] = typed;
  if (first === undefined) return { is: "no-type", types: [...new Set(branches.map(resolve).map(typeOf))] };
  if (others.length === 0 || jsonType(value) !== "object") return { is: "schema", schema: first };
  const keys = new Set(Object.keys(value as object));
  const discriminator = discriminatorOf(typed);
  if (discriminator === undefined) return { is: "schema", schema: mostShared(typed, keys) };
  const wanted = (value as Record<string, unknown>)[discriminator];
  const schema = typed.find((candidate) => constantOf(candidate, discriminator) === wanted);
  if (schema !== undefined) return { is: "schema", schema };
  const values = typed.map((candidate) => String(constantOf(candidate, discriminator)));
  return { is: "no-discriminator", key: discriminator, values };
}

/** @returns the JSON Schema type of a value, numbers being `number` */
function jsonType(value: unknown): string {
  if (value === null || value === undefined) return "null";
  return Array.isArray(value) ? "array" : typeof value;
}

function typeOf(schema: JsonSchema): string {
  return typeof schema.type === "string" ? schema.type : "string";
}

function propertiesOf(schema: JsonSchema): Record<string, JsonSchema> {
  return (schema.properties ?? {}) as Record<string, JsonSchema>;
}

function constantOf(schema: JsonSchema, key: string): unknown {
  return propertiesOf(schema)[key]?.const;
}

function discriminatorOf(schemas: readonly JsonSchema[]): string | undefined {
  const candidates = Object.keys(propertiesOf(schemas[0] ?? {}));
  return candidates.find((key) => schemas.every((schema) => constantOf(schema, key) !== undefined));
}

function mostShared(schemas: readonly JsonSchema[], keys: ReadonlySet<string>): JsonSchema {
  const shared = (schema: JsonSchema) =>
    Object.keys(propertiesOf(schema)).filter((key) => keys.has(key)).length;
  return schemas.reduce((best, schema) => (shared(schema) > shared(best) ? schema : best));
}
