import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { schema } from "@octokit/graphql-schema";
import { Ajv, type ValidateFunction } from "ajv";
import { buildSchema, type GraphQLSchema } from "graphql";

/** GitHub's own descriptions of what it takes and answers. */
export interface GitHubSchemas {
  graphql: GraphQLSchema;
  /**
   * @param operation `POST /repos/{owner}/{repo}/pulls`
   * @param part the request's body, or the answer with a status
   * @returns a check that throws with what is wrong; for a part without a description, none
   */
  check(operation: string, part: "request" | number, value: unknown): void;
  /** @returns a copy of the example of an answer that the description holds */
  example(name: string): Record<string, unknown>;
}

interface Description {
  paths: Record<string, Record<string, Operation>>;
  components: { examples: Record<string, { value: Record<string, unknown> }> };
}

interface Operation {
  requestBody?: { content: Record<string, unknown> };
  responses: Record<string, { content?: Record<string, unknown> } | undefined>;
}

let read: Promise<GitHubSchemas> | undefined;

/** @returns the descriptions, read once a process (15 MB) */
export function githubSchemas(): Promise<GitHubSchemas> {
  read ??= readSchemas();
  return read;
}

async function readSchemas(): Promise<GitHubSchemas> {
  const require = createRequire(import.meta.url);
  // By file: the package's own entry reads ten descriptions, 400 MB.
  const openapi = require.resolve("@octokit/openapi/generated/api.github.com.json");
  const rest = await readFile(openapi, "utf8");
  const description = JSON.parse(rest) as Description;
  const ajv = new Ajv({ strict: false, validateFormats: false, allErrors: true, addUsedSchema: false });
  ajv.addSchema(description, "github");
  const checks = new Map<string, ValidateFunction | undefined>();
  return {
    graphql: buildSchema(schema.idl, { assumeValid: true }),
    check: (operation, part, value) => {
      const key = `${operation} ${part}`;
      if (!checks.has(key)) {
        const pointer = pointerTo(description, operation, part);
        checks.set(key, pointer === undefined ? undefined : ajv.compile({ $ref: `github#${pointer}` }));
      }
      const check = checks.get(key);
      if (check === undefined || check(value)) return;
      throw new Error(`${key} is not as GitHub describes it: ${ajv.errorsText(check.errors?.slice(0, 5))}`);
    },
    example: (name) => structuredClone(description.components.examples[name]?.value ?? {}),
  };
}

function pointerTo(
  description: Description,
  operation: string,
  part: "request" | number,
): string | undefined {
  const [method = "", path = ""] = operation.split(" ");
  const found = description.paths[path]?.[method.toLowerCase()];
  if (found === undefined) throw new Error(`GitHub has no ${operation}`);
  const base = `/paths/${path.replaceAll("/", "~1").replaceAll("{", "%7B").replaceAll("}", "%7D")}/${method.toLowerCase()}`;
  const content = "content/application~1json/schema";
  if (part === "request")
    return found.requestBody === undefined ? undefined : `${base}/requestBody/${content}`;
  const answer = found.responses[part];
  if (answer === undefined) throw new Error(`GitHub does not answer ${operation} with ${part}`);
  return answer.content === undefined || !("application/json" in answer.content)
    ? undefined
    : `${base}/responses/${part}/${content}`;
}
