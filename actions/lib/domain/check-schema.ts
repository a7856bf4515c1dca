import { Ajv2020, type ErrorObject, type ValidateFunction } from "ajv/dist/2020.js";
import { didYouMean } from "./did-you-mean.ts";
import { pointerKeys } from "./json-pointer.ts";
import type { JsonSchema } from "./pipeline-schema.ts";
import type { PointedProblem } from "./problem.ts";
import { chooseBranch } from "./schema-branch.ts";
import { explainSchemaError, missingKey, notAllowed, unknownKey, wrongType } from "./schema-problem.ts";

/** Checks values against one schema, and tells each mistake once. */
export class SchemaCheck {
  readonly #ajv = new Ajv2020({ allErrors: true, verbose: true, strict: true, strictRequired: false });
  readonly #definitions: Record<string, JsonSchema>;
  readonly #root: JsonSchema;
  readonly #compiled = new WeakMap<JsonSchema, ValidateFunction>();

  /**
   * @param schema of 2020-12, with its parts in `$defs`; alternatives are a `oneOf` that stands alone
   */
  constructor(schema: JsonSchema) {
    this.#root = schema;
    this.#definitions = (schema.$defs ?? {}) as Record<string, JsonSchema>;
  }

  /**
   * @param value any JSON value
   * @returns what the schema does not allow, each mistake once
   */
  check(value: unknown): PointedProblem[] {
    return withoutConsequences(this.#checkAgainst(this.#root, value, ""));
  }

  #checkAgainst(schema: JsonSchema, value: unknown, base: string): PointedProblem[] {
    const validate = this.#compile(schema);
    if (validate(value)) return [];
    const errors = (validate.errors ?? []).map((error) => {
      return { ...error, instancePath: base + error.instancePath };
    });
    const choices = outermost(errors.filter(({ keyword }) => keyword === "oneOf"));
    const outside = errors.filter(
      (error) => !choices.some((choice) => isWithin(error.instancePath, choice.instancePath)),
    );
    const anyOf = outside.filter(({ keyword }) => keyword === "anyOf");
    const plain = outside.filter(
      (error) => !anyOf.some(({ schemaPath }) => error.schemaPath.startsWith(schemaPath)),
    );
    return [
      ...plain.map((error) => this.#explain(error)),
      ...choices.flatMap((choice) => this.#checkChoice(choice)),
      ...anyOf.map((error) => this.#explainKeys(error)),
    ].filter((problem) => problem !== undefined);
  }

  #explain(error: ErrorObject): PointedProblem | undefined {
    return explainSchemaError(error, (schema) => this.#resolve(schema));
  }

  /** Tells what is wrong with the alternative that was meant, and nothing about the others. */
  #checkChoice(error: ErrorObject): PointedProblem[] {
    const { instancePath: pointer, data: value } = error;
    const branches = error.schema as readonly JsonSchema[];
    const resolve = (schema: JsonSchema): JsonSchema => this.#resolve(schema);
    const branch = chooseBranch(branches, resolve, value);
    if (branch.is === "schema") return this.#checkAgainst(branch.schema, value, pointer);
    if (branch.is === "no-type") return [wrongType(pointer, value, branch.types, resolve(branches[0] ?? {}))];
    const object = value as Record<string, unknown>;
    const written = object[branch.key];
    if (written !== undefined) return [notAllowed(`${pointer}/${branch.key}`, written, branch.values)];
    const only = { properties: { [branch.key]: { enum: branch.values } } };
    const slip = Object.keys(object).find((key) => didYouMean(key, [branch.key]) !== undefined);
    return [
      slip === undefined
        ? missingKey(pointer, branch.key, only, resolve)
        : unknownKey(pointer, slip, only, object),
    ];
  }

  /** An `anyOf` says that one of some keys must be there. */
  #explainKeys(error: ErrorObject): PointedProblem {
    const keys = (error.schema as { required: string[] }[]).flatMap(({ required }) => required);
    const schema = (error.parentSchema ?? {}) as JsonSchema;
    const problem = missingKey(error.instancePath, keys.join("` or `"), schema, (part) => part);
    return { ...problem, expected: "one of them", fix: `add \`${keys[0]}:\`` };
  }

  #resolve(schema: JsonSchema): JsonSchema {
    if (typeof schema.$ref !== "string") return schema;
    const target = this.#resolve(this.#definitions[schema.$ref.replace("#/$defs/", "")] ?? {});
    const { $ref: _ref, ...own } = schema;
    return { ...target, ...own };
  }

  #compile(schema: JsonSchema): ValidateFunction {
    const known = this.#compiled.get(schema);
    if (known !== undefined) return known;
    const { $id: _id, ...rest } = schema;
    const compiled = this.#ajv.compile({ ...rest, $defs: this.#definitions });
    this.#compiled.set(schema, compiled);
    return compiled;
  }
}

/** Inner alternatives are told by the check of the outer one that was meant. */
function outermost(choices: readonly ErrorObject[]): ErrorObject[] {
  return choices.filter((choice, index) =>
    choices.every((other, position) => {
      if (other === choice) return true;
      if (other.instancePath === choice.instancePath) return position < index;
      return !isWithin(choice.instancePath, other.instancePath);
    }),
  );
}

function isWithin(pointer: string, outer: string): boolean {
  return pointer === outer || pointer.startsWith(`${outer}/`);
}

/** A key that is missing because it was misspelt is one mistake, not two. */
function withoutConsequences(problems: readonly PointedProblem[]): PointedProblem[] {
  const meant = new Set(
    problems
      .filter(({ rule }) => rule === "pipeline/unknown-key")
      .map(({ pointer, fix }) => `${parent(pointer)} has no ${/`(.*)`/.exec(fix ?? "")?.[1]}`),
  );
  const told = new Set<string>();
  return problems.filter((problem) => {
    const missing = /has no `(.*)`$/.exec(problem.message)?.[1];
    if (problem.rule === "pipeline/missing-key" && meant.has(`${problem.pointer} has no ${missing}`))
      return false;
    const identity = `${problem.pointer} ${problem.rule} ${problem.message}`;
    return told.size < told.add(identity).size;
  });
}

function parent(pointer: string): string {
  return pointerKeys(pointer).length === 0 ? "" : pointer.slice(0, pointer.lastIndexOf("/"));
}
