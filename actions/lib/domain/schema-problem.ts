import type { ErrorObject } from "ajv";
import { suggestColumnType } from "./column-type.ts";
import { describeType, describeValue, oneOf, quote } from "./describe-value.ts";
import { didYouMean } from "./did-you-mean.ts";
import { type JsonPointer, pointerKeys, pointTo } from "./json-pointer.ts";
import type { JsonSchema } from "./pipeline-schema.ts";
import type { PointedProblem } from "./problem.ts";

/**
 * Turns one of ajv's errors into a problem in words.
 *
 * @param error of ajv, with `verbose` on
 * @param resolve follows a `$ref`
 * @returns the problem, or `undefined` for an error that only wraps others
 */
export function explainSchemaError(
  error: ErrorObject,
  resolve: (schema: JsonSchema) => JsonSchema,
): PointedProblem | undefined {
  const pointer = error.instancePath;
  const schema = (error.parentSchema ?? {}) as JsonSchema;
  const name = nameOf(pointer);
  switch (error.keyword) {
    case "additionalProperties":
      return unknownKey(pointer, String(error.params.additionalProperty), schema, error.data);
    case "required":
      return missingKey(pointer, String(error.params.missingProperty), schema, resolve);
    case "type":
      return wrongType(pointer, error.data, [String(error.params.type)], schema);
    case "enum":
    case "const":
      return notAllowed(pointer, error.data, allowedBy(error));
    case "pattern":
      return badFormat(error, schema);
    case "minItems":
    case "minLength":
    case "minProperties":
      return { pointer, at: "key", rule: "pipeline/empty", message: `${name} is empty`, ...leastOne(error) };
    case "minimum":
    case "maximum":
    case "exclusiveMinimum":
    case "exclusiveMaximum":
      return outOfRange(error);
    case "uniqueItems":
      return repeated(error);
    case "if":
    case "propertyNames":
    case "oneOf":
      return undefined;
    default:
      throw new Error(`the schema uses \`${error.keyword}\`, which has no message yet`);
  }
}

/** A value of a type that none of the alternatives has. */
export function wrongType(
  pointer: JsonPointer,
  value: unknown,
  types: readonly string[],
  schema: JsonSchema,
): PointedProblem {
  const expected = types.map(describeType).join(" or ") + (types.length === 1 ? likeExample(schema) : "");
  return {
    pointer,
    at: value === null ? "key" : "value",
    rule: "pipeline/wrong-type",
    message: `${nameOf(pointer)} is ${describeValue(value)}`,
    expected,
    ...typeFix(pointer, value, types, schema),
  };
}

/** A value that is not among those allowed. */
export function notAllowed(pointer: JsonPointer, value: unknown, allowed: readonly string[]): PointedProblem {
  const fix =
    (typeof value === "string" ? didYouMean(value, allowed) : undefined) ??
    (allowed.length === 1 ? `write ${quote(allowed[0] ?? "")}` : "choose one of them");
  return {
    pointer,
    at: value === null ? "key" : "value",
    rule: "pipeline/not-allowed",
    message: `${nameOf(pointer)} is ${describeValue(value)}`,
    expected: oneOf(allowed),
    fix,
  };
}

/** A key that must be there. */
export function missingKey(
  pointer: JsonPointer,
  key: string,
  schema: JsonSchema,
  resolve: (schema: JsonSchema) => JsonSchema,
): PointedProblem {
  const property = (schema.properties as Record<string, JsonSchema> | undefined)?.[key];
  return {
    pointer,
    at: "key",
    rule: "pipeline/missing-key",
    message: `${nameOf(pointer)} has no \`${key}\``,
    expected: property === undefined ? "the key" : describeSchema(resolve(property)),
    fix: `add \`${key}:\`${sentence(property)}`,
  };
}

/** A key that the schema does not know. */
export function unknownKey(
  pointer: JsonPointer,
  key: string,
  schema: JsonSchema,
  object: unknown,
): PointedProblem {
  const known = Object.keys((schema.properties ?? {}) as object);
  const free = known.filter((name) => !Object.hasOwn(object as object, name));
  return {
    pointer: pointTo(pointer, key),
    at: "key",
    rule: "pipeline/unknown-key",
    message: `unknown key ${quote(key)} in ${nameOf(pointer)}`,
    expected: oneOf(known),
    fix: didYouMean(key, free) ?? "remove it",
  };
}

function badFormat(error: ErrorObject, schema: JsonSchema): PointedProblem {
  const isKey = error.propertyName !== undefined;
  const written = isKey ? String(error.propertyName) : String(error.data);
  const pointer = isKey ? pointTo(error.instancePath, written) : error.instancePath;
  const meant =
    schema.title === "ColumnType" ? suggestColumnType(written) : repair(written, String(schema.pattern));
  return {
    pointer,
    at: isKey ? "key" : "value",
    rule: "pipeline/bad-format",
    message: isKey
      ? `the name ${quote(written)} cannot be used`
      : `${nameOf(pointer)} is ${describeValue(written)}`,
    expected: `${describeSchema(schema)}${sentence(schema)}`,
    fix: meant === undefined ? "write it so" : `did you mean \`${meant}\`?`,
  };
}

/** Small repairs that often make a name fit: case, separators, a leading `#`. */
function repair(written: string, pattern: string): string | undefined {
  if (written.includes("/")) return undefined;
  const lower = written.trim().toLowerCase();
  const tried = [lower, lower.replaceAll(/[^a-z0-9]+/g, "-"), lower.replaceAll(/[^a-z0-9]+/g, "_")];
  const more = [
    ...tried,
    `#${lower.replaceAll(/[^a-z0-9_-]+/g, "-")}`,
    lower.replaceAll(/\s/g, ""),
    written.trim(),
  ];
  return more.find((candidate) => candidate !== written && new RegExp(pattern, "u").test(candidate));
}

function outOfRange(error: ErrorObject): PointedProblem {
  const words: Record<string, string> = {
    ">=": "at least",
    "<=": "at most",
    ">": "more than",
    "<": "less than",
  };
  const limit = `${words[String(error.params.comparison)]} ${String(error.params.limit)}`;
  return {
    pointer: error.instancePath,
    at: "value",
    rule: "pipeline/out-of-range",
    message: `${nameOf(error.instancePath)} is ${String(error.data)}`,
    expected: limit,
    fix: `write a number of ${limit}`,
  };
}

function repeated(error: ErrorObject): PointedProblem {
  const { i, j } = error.params as { i: number; j: number };
  const [earlier, later] = [Math.min(i, j), Math.max(i, j)];
  return {
    pointer: pointTo(error.instancePath, later),
    at: "value",
    rule: "pipeline/repeated",
    message: `${nameOf(error.instancePath)} repeats its item ${earlier + 1}`,
    expected: "each item once",
    fix: "drop it",
  };
}

function leastOne(error: ErrorObject): { expected: string; fix: string } {
  return error.keyword === "minLength"
    ? { expected: "text", fix: "write it, or remove the key" }
    : { expected: "at least one", fix: "add one, or remove the key" };
}

function allowedBy(error: ErrorObject): string[] {
  const allowed = error.keyword === "const" ? [error.params.allowedValue] : error.params.allowedValues;
  return (allowed as unknown[]).map(String);
}

function typeFix(
  pointer: JsonPointer,
  value: unknown,
  types: readonly string[],
  schema: JsonSchema,
): Pick<PointedProblem, "fix" | "repair"> {
  const key = pointerKeys(pointer).at(-1) ?? "";
  const scalar = typeof value !== "object";
  if (value === null) return { fix: "write it, or remove the key" };
  if (types.includes("array") && scalar) return { fix: `write \`${key}: [${String(value)}]\`` };
  if (types.includes("string") && scalar) return { fix: `quote it: \`"${String(value)}"\``, repair: "quote" };
  if (types.some(isNumeric) && typeof value === "string" && /^-?[0-9.]+$/.test(value))
    return { fix: "drop the quotes", repair: "unquote" };
  const required = schema.required as string[] | undefined;
  if (types.includes("object") && required !== undefined) {
    return { fix: `write a mapping with ${required.map(quote).join(", ")}` };
  }
  return { fix: "write it so" };
}

function isNumeric(type: string): boolean {
  return type === "integer" || type === "number";
}

function describeSchema(schema: JsonSchema): string {
  if (Array.isArray(schema.enum)) return oneOf(schema.enum.map(String));
  if (schema.const !== undefined) return quote(String(schema.const));
  if (Array.isArray(schema.oneOf)) return "a value";
  return describeType(String(schema.type ?? "string")) + likeExample(schema);
}

function likeExample(schema: JsonSchema): string {
  const [example] = Array.isArray(schema.examples) ? schema.examples : [];
  return typeof example === "string" || typeof example === "number" ? ` like ${quote(String(example))}` : "";
}

function sentence(schema: JsonSchema | undefined): string {
  const text = typeof schema?.description === "string" ? schema.description : "";
  const [first = ""] = text.split(/(?<=\.)\s/);
  return first === "" ? "" : ` (${first.charAt(0).toLowerCase()}${first.slice(1).replace(/\.$/, "")})`;
}

/** `the file`, `` `keys` ``, or `` `tables[0]` `` for an item. */
export function nameOf(pointer: JsonPointer): string {
  const keys = pointerKeys(pointer);
  const last = keys.at(-1);
  if (last === undefined) return "the file";
  const isItem = /^[0-9]+$/.test(last) && keys.length > 1;
  return isItem ? `\`${keys.at(-2)}[${last}]\`` : quote(last);
}
