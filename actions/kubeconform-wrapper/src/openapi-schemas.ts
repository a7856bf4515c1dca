import { type JsonSchema, type KindSchema, orNull } from "./json-schema.ts";

/** The part of Kubernetes' `swagger.json` that is read here. */
export interface OpenApi {
  definitions: Record<string, JsonSchema>;
}

interface GroupVersionKind {
  group: string;
  version: string;
  kind: string;
}

const objectMeta = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";

/** Objects whose content is not Kubernetes' to know. Every other object that declares no property is empty. */
const open = new Set([
  "io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1",
  "io.k8s.apimachinery.pkg.apis.meta.v1.Patch",
  "io.k8s.apimachinery.pkg.runtime.RawExtension",
]);

/** Standard base64 as Go decodes it: padded, line ends ignored. */
const base64 =
  "^(?:(?:[A-Za-z0-9+/][\\r\\n]*){4})*(?:(?:[A-Za-z0-9+/][\\r\\n]*){2}==|(?:[A-Za-z0-9+/][\\r\\n]*){3}=)?[\\r\\n]*$";

/**
 * Strict schemas of every kind that one can apply, from the API server's own description. Each is self-contained
 * and without references (kubeconform tells what is wrong behind a reference only as "validation failed"), save
 * for the one recursive type.
 *
 * @param api `api/openapi-spec/swagger.json` of a Kubernetes version
 * @returns one schema a kind; lists and requests without metadata are not among them
 */
export function schemasFromOpenApi(api: OpenApi): KindSchema[] {
  const schemas: KindSchema[] = [];
  for (const [name, definition] of Object.entries(api.definitions)) {
    const kinds = definition["x-kubernetes-group-version-kind"] as GroupVersionKind[] | undefined;
    const [only] = kinds ?? [];
    if (only === undefined || kinds?.length !== 1) continue;
    if (refName(definition.properties?.metadata) !== objectMeta) continue;
    const schema = standalone(api, name);
    const apiVersion = only.group === "" ? only.version : `${only.group}/${only.version}`;
    schemas.push({ ...only, schema: identified(schema, apiVersion, only.kind) });
  }
  return schemas;
}

/**
 * The strict schema of any object's metadata, for the kinds that a CRD describes.
 *
 * @param api as for `schemasFromOpenApi`
 */
export function objectMetaSchema(api: OpenApi): JsonSchema {
  return standalone(api, objectMeta);
}

/**
 * Binds a schema to its one apiVersion and kind (kubeconform looks schemas up in lower case, the API server does
 * not), and makes them and the metadata required.
 */
export function identified(schema: JsonSchema, apiVersion: string, kind: string): JsonSchema {
  const required = new Set([...(schema.required ?? []), "apiVersion", "kind", "metadata"]);
  return {
    ...schema,
    required: [...required],
    properties: {
      ...schema.properties,
      apiVersion: { type: "string", enum: [apiVersion] },
      kind: { type: "string", enum: [kind] },
    },
  };
}

function standalone(api: OpenApi, name: string): JsonSchema {
  const recursive = new Map<string, JsonSchema>();
  const schema = inline(api, name, [], recursive);
  return recursive.size === 0 ? schema : { ...schema, definitions: Object.fromEntries(recursive) };
}

function inline(
  api: OpenApi,
  name: string,
  above: readonly string[],
  recursive: Map<string, JsonSchema>,
): JsonSchema {
  const definition = api.definitions[name];
  if (definition === undefined) throw new Error(`the OpenAPI refers to ${name} and does not define it`);
  if (name.endsWith(".api.resource.Quantity")) return { type: ["string", "number"] };
  if (open.has(name)) return { type: "object" };
  if (above.includes(name)) {
    if (!recursive.has(name)) {
      recursive.set(name, {}); // there before its own content refers to it
      recursive.set(name, convert(api, definition, [name], recursive));
    }
    return { $ref: `#/definitions/${name}` };
  }
  return convert(api, definition, [...above, name], recursive);
}

function convert(
  api: OpenApi,
  node: JsonSchema,
  above: readonly string[],
  recursive: Map<string, JsonSchema>,
): JsonSchema {
  const reference = refName(node);
  if (reference !== undefined) return inline(api, reference, above, recursive);
  if (node.format === "int-or-string") return { type: ["integer", "string"] };
  if (node.type === "array") {
    return { type: "array", items: convert(api, node.items ?? {}, above, recursive) };
  }
  if (node.type !== "object") return scalar(node);
  if (typeof node.additionalProperties === "object") {
    const values = convert(api, node.additionalProperties, above, recursive);
    return { type: "object", additionalProperties: orNull(values) };
  }
  const required = node.required ?? [];
  const properties: Record<string, JsonSchema> = {};
  for (const [name, property] of Object.entries(node.properties ?? {})) {
    const schema = convert(api, property, above, recursive);
    properties[name] = required.includes(name) ? schema : orNull(schema);
  }
  const schema: JsonSchema = { type: "object", additionalProperties: false, properties };
  if (required.length > 0) schema.required = required;
  return schema;
}

function scalar(node: JsonSchema): JsonSchema {
  if (node.type === undefined) return {}; // free JSON, for instance a CRD's `default`
  const schema: JsonSchema = { type: node.type };
  if (node.format === "int32") return { ...schema, minimum: -(2 ** 31), maximum: 2 ** 31 - 1 };
  if (node.format === "byte") return { ...schema, pattern: base64 };
  if (node.format === "date-time") return { ...schema, format: "date-time" };
  return schema;
}

function refName(node: JsonSchema | undefined): string | undefined {
  return typeof node?.$ref === "string" ? node.$ref.replace(/^#\/definitions\//, "") : undefined;
}
