import { parseDocument } from "yaml";
import { type JsonSchema, type KindSchema, orNull } from "./json-schema.ts";
import { identified } from "./openapi-schemas.ts";

/** The part of a CustomResourceDefinition that is read here. */
interface Crd {
  apiVersion?: unknown;
  kind?: unknown;
  spec?: {
    group?: string;
    names?: { kind?: string };
    versions?: { name?: string; served?: boolean; schema?: { openAPIV3Schema?: JsonSchema } }[];
  };
}

/** Keywords that mean in JSON Schema what they mean to the API server. */
const kept = [
  "enum",
  "format",
  "pattern",
  "minimum",
  "maximum",
  "exclusiveMinimum",
  "exclusiveMaximum",
  "multipleOf",
  "minLength",
  "maxLength",
  "minItems",
  "maxItems",
  "uniqueItems",
  "minProperties",
  "maxProperties",
  "required",
] as const;

/**
 * Strict schemas of the kinds that CRDs define: fields that the API server would prune are errors. What JSON
 * Schema cannot say (CEL rules, `x-kubernetes-validations`) is not checked.
 *
 * @param text YAML of one document; one that is no CustomResourceDefinition, or no YAML, gives no schema
 * @param metadata the schema of `metadata`, from `objectMetaSchema`
 * @returns one schema for each kind and served version
 */
export function schemasFromCrd(text: string, metadata: JsonSchema): KindSchema[] {
  const document = parseDocument(text, { logLevel: "silent" });
  if (document.errors.length > 0) return []; // validateStream tells it with its line
  const crd = (document.toJS() ?? {}) as Crd;
  if (crd.kind !== "CustomResourceDefinition" || crd.apiVersion !== "apiextensions.k8s.io/v1") return [];
  const { group, names, versions = [] } = crd.spec ?? {};
  const kind = names?.kind;
  if (group === undefined || kind === undefined) return [];
  return versions.flatMap(({ name: version, served, schema }) => {
    const root = schema?.openAPIV3Schema;
    if (version === undefined || served === false || root === undefined) return [];
    const strict = rooted(root, metadata);
    return [{ group, version, kind, schema: identified(strict, `${group}/${version}`, kind) }];
  });
}

/** A whole object: `apiVersion`, `kind` and `metadata` are there whatever the CRD says of them. */
function rooted(node: JsonSchema, metadata: JsonSchema): JsonSchema {
  const schema = structural(node);
  const narrowed = node.properties?.metadata;
  const ownMetadata = narrowed === undefined ? metadata : { ...metadata, allOf: [validations(narrowed)] };
  const properties = {
    ...schema.properties,
    apiVersion: { type: "string" },
    kind: { type: "string" },
    metadata: ownMetadata,
  };
  return { ...schema, properties };
}

function structural(node: JsonSchema): JsonSchema {
  const schema = constraints(node);
  if (node["x-kubernetes-int-or-string"] === true) {
    return nullable(node, withoutIntOrString({ ...schema, type: ["integer", "string"] }));
  }
  if (node.type !== undefined) schema.type = node.type;
  if (node["x-kubernetes-list-type"] === "set") schema.uniqueItems = true;
  if (node.items !== undefined) schema.items = structural(node.items);
  if (node.type === "object") describeObject(node, schema);
  return nullable(node, schema);
}

function describeObject(node: JsonSchema, schema: JsonSchema): void {
  const required = node.required ?? [];
  const properties: Record<string, JsonSchema> = {};
  if (node["x-kubernetes-embedded-resource"] === true) {
    Object.assign(properties, {
      apiVersion: { type: "string" },
      kind: { type: "string" },
      metadata: { type: "object" },
    });
    schema.required = [...new Set([...required, "apiVersion", "kind"])];
  }
  for (const [name, property] of Object.entries(node.properties ?? {})) {
    const value = structural(property);
    // The API server drops a null where none may stand, or puts the default there: only then is it missing.
    const missing = required.includes(name) && property.default === undefined;
    properties[name] = missing ? value : orNull(value);
  }
  schema.properties = properties;
  if (typeof node.additionalProperties === "object") {
    schema.additionalProperties = orNull(structural(node.additionalProperties));
  } else if (node["x-kubernetes-preserve-unknown-fields"] !== true && node.additionalProperties !== true) {
    schema.additionalProperties = false;
  }
}

/** Constraints alone: what stands below `allOf`, `anyOf`, `oneOf` and `not` defines no field. */
function validations(node: JsonSchema): JsonSchema {
  const schema = constraints(node);
  if (node.type !== undefined) schema.type = node.type;
  if (node.items !== undefined) schema.items = validations(node.items);
  if (node.properties !== undefined) {
    schema.properties = Object.fromEntries(
      Object.entries(node.properties).map(([name, property]) => [name, validations(property)]),
    );
  }
  if (typeof node.additionalProperties === "object") {
    schema.additionalProperties = validations(node.additionalProperties);
  }
  return schema;
}

function constraints(node: JsonSchema): JsonSchema {
  const schema: JsonSchema = {};
  for (const keyword of kept)
    if (node[keyword] !== undefined) Object.assign(schema, { [keyword]: node[keyword] });
  for (const keyword of ["allOf", "anyOf", "oneOf"] as const) {
    const parts = node[keyword];
    if (Array.isArray(parts)) schema[keyword] = parts.map((part: JsonSchema) => validations(part));
  }
  if (typeof node.not === "object" && node.not !== null) schema.not = validations(node.not as JsonSchema);
  if (schema.format === "int32" && node.type === "integer") {
    schema.minimum ??= -(2 ** 31);
    schema.maximum ??= 2 ** 31 - 1;
  }
  return schema;
}

/** Drops the `anyOf: [integer, string]` that goes with int-or-string: the type says it, with a clearer message. */
function withoutIntOrString(schema: JsonSchema): JsonSchema {
  const isPair = (parts: unknown): boolean =>
    Array.isArray(parts) &&
    parts.length === 2 &&
    parts.every((part: JsonSchema) => part.type === "integer" || part.type === "string");
  const { anyOf, ...rest } = schema;
  return isPair(anyOf) ? rest : schema;
}

function nullable(node: JsonSchema, schema: JsonSchema): JsonSchema {
  return node.nullable === true ? orNull(schema) : schema;
}
