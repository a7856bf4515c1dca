import { describe, expect, test } from "vitest";
import { SchemaCheck } from "./check-schema.ts";
import { type JsonSchema, PIPELINE_SCHEMA } from "./pipeline-schema.ts";

/** Every schema that describes a value: properties, items, names, alternatives and definitions. */
function* describing(schema: JsonSchema, path: string): Generator<[path: string, schema: JsonSchema]> {
  for (const [name, property] of Object.entries((schema.properties ?? {}) as Record<string, JsonSchema>)) {
    yield [`${path}.${name}`, property];
    yield* describing(property, `${path}.${name}`);
  }
  for (const keyword of ["items", "additionalProperties"]) {
    const inner = schema[keyword];
    if (typeof inner !== "object" || inner === null) continue;
    yield [`${path}.${keyword}`, inner as JsonSchema];
    yield* describing(inner as JsonSchema, `${path}.${keyword}`);
  }
  for (const [index, branch] of ((schema.oneOf ?? []) as JsonSchema[]).entries()) {
    if (branch.$ref === undefined) yield [`${path}.oneOf[${index}]`, branch];
    yield* describing(branch, `${path}.oneOf[${index}]`);
  }
}

const definitions = Object.entries(PIPELINE_SCHEMA.$defs as Record<string, JsonSchema>);
const all = [
  ...describing(PIPELINE_SCHEMA, "pipeline"),
  ...definitions.flatMap(([name, schema]) => [[name, schema] as const, ...describing(schema, name)]),
];

describe("pipeline.schema.json", () => {
  test("has a description on everything", () => {
    expect(all.length).toBeGreaterThan(150);
    expect(
      all.filter(([, { description }]) => typeof description !== "string").map(([path]) => path),
    ).toEqual([]);
  });

  test("allows no key that it does not name", () => {
    const open = all.filter(
      ([, schema]) => schema.type === "object" && schema.additionalProperties === undefined,
    );
    expect(open.map(([path]) => path)).toEqual([]);
  });

  test("has an example beside every pattern, and the examples and defaults are valid", () => {
    const broken: string[] = [];
    for (const [path, schema] of all) {
      if (schema.pattern !== undefined && schema.examples === undefined) broken.push(`${path}: no example`);
      const values = [
        ...((schema.examples ?? []) as unknown[]),
        ...(schema.default === undefined ? [] : [schema.default]),
      ];
      const check = new SchemaCheck({ ...schema, $defs: PIPELINE_SCHEMA.$defs });
      for (const value of values) {
        if (check.check(value).length > 0) broken.push(`${path}: ${JSON.stringify(value)}`);
      }
    }
    expect(broken).toEqual([]);
  });
});
