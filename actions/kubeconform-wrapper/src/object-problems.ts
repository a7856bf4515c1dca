import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { removal } from "./api-lifecycle.ts";
import { schemaPath } from "./json-schema.ts";
import type { KubeconformResource } from "./kubeconform-report.ts";
import type { StreamObject } from "./list-items.ts";
import { type LocatedDocument, locatePath, type Position, parseLocated, toPointer } from "./locate.ts";

/**
 * What a problem is about:
 * - `schema`: a value is not what the schema allows
 * - `no-schema`: nobody knows the kind
 * - `removed-api`: Kubernetes had the kind once, and serves it no more
 * - `deprecated-api`: it is still served; what follows it is told
 * - `document`: the document is no object, or another one to Kubernetes' tools than it looks
 */
export type ProblemCode = "schema" | "no-schema" | "removed-api" | "deprecated-api" | "document";

/** One thing that is wrong with an object. */
export interface ObjectProblem extends Position {
  code: ProblemCode;
  /** JSON pointer into the document, `/spec/template/image`; empty for the whole. */
  path: string;
  message: string;
}

/**
 * Says what is wrong with an object, and where in the stream.
 *
 * @param object the object
 * @param report what kubeconform said of it; `undefined` when its document could not be given to kubeconform
 * @param schemas the folders that were searched for its schema
 * @returns at least one problem, and the object's namespace as far as it can be read
 */
export async function problemsOf(
  object: StreamObject,
  report: KubeconformResource | undefined,
  schemas: readonly string[],
): Promise<{ namespace: string | undefined; problems: ObjectProblem[] }> {
  const located = parseLocated(object.document.text, object.line);
  const { fault } = object.document;
  if (fault !== undefined || report === undefined) {
    const line = fault?.line ?? object.line;
    const message = fault?.message ?? "could not be checked";
    return { namespace: undefined, problems: [{ code: "document", path: "", message, line, column: 1 }] };
  }
  const problems = await describe(object, report, schemas, located);
  return { namespace: namespaceOf(located, object.prefix), problems };
}

/**
 * Says where a kind stands that is on its way out.
 *
 * @param object the object, a valid one
 * @param message what is to be told
 */
export function deprecationOf(
  object: StreamObject,
  message: string,
): { namespace: string | undefined; problems: ObjectProblem[] } {
  const located = parseLocated(object.document.text, object.line);
  const problem = placer(object, located)("/apiVersion", message, "deprecated-api");
  return { namespace: namespaceOf(located, object.prefix), problems: [problem] };
}

/** Makes a problem of a path below the object. */
type Placer = (path: string, message: string, code?: ProblemCode) => ObjectProblem;

function placer(object: StreamObject, located: LocatedDocument): Placer {
  return (path, message, code = "schema") => {
    const { keys, position } = locatePath(located, object.prefix + path);
    return { code, path: toPointer(keys), message, ...position };
  };
}

async function describe(
  object: StreamObject,
  report: KubeconformResource,
  schemas: readonly string[],
  located: LocatedDocument,
): Promise<ObjectProblem[]> {
  const at = placer(object, located);
  switch (report.status) {
    case "statusValid":
      return [at("/metadata", "missing property 'name'")];
    case "":
      return [
        at("", "not an object: a Kubernetes manifest is a mapping with apiVersion and kind", "document"),
      ];
    case "statusSkipped":
      return [at("", "skipped by kubeconform, which nobody asked for", "no-schema")];
    case "statusInvalid":
      return report.validationErrors.length === 0
        ? [at("", report.msg)]
        : report.validationErrors.flatMap(({ path, msg }) => readable(path, msg, report.msg, at));
    case "statusError":
      return [await cannotCheck(object, report, schemas, located, at)];
  }
}

function readable(path: string, message: string, whole: string, at: Placer): ObjectProblem[] {
  if (message.startsWith("additional properties ")) {
    return quotedNames(message).map((name) => at(`${path}/${name}`, `unknown field '${name}'`));
  }
  // Behind allOf, anyOf, oneOf and references only the whole message has the reason.
  if (/^'?(allOf|anyOf|oneOf)'? failed|^validation failed$/.test(message)) {
    const reasons = whole
      .replace(/^.*?jsonschema validation failed with '[^']*'\s*/, "")
      .replace(/\s+/g, " ");
    return [at(path, `${message}: ${reasons}`)];
  }
  // A null is taken wherever a field may be absent, and is never what someone meant to write.
  return [at(path, message.replace("want null or ", "want "))];
}

function quotedNames(message: string): string[] {
  const names = [...message.matchAll(/'((?:[^'\\]|\\.)*)'/g)].map((match) => match[1] ?? "");
  return names.map((name) => name.replace(/\\(.)/g, "$1"));
}

async function cannotCheck(
  object: StreamObject,
  report: KubeconformResource,
  schemas: readonly string[],
  located: LocatedDocument,
  at: Placer,
): Promise<ObjectProblem> {
  if (report.msg.startsWith("could not find schema")) {
    const removed = removal(report.version, report.kind);
    if (removed !== undefined) return at("/apiVersion", removed, "removed-api");
    return at("/apiVersion", await missingSchema(report.version, report.kind, schemas), "no-schema");
  }
  const message = report.msg
    .replace(/^error (unmarshalling resource|while parsing): /, "")
    .replace(/^error converting YAML to JSON: /, "")
    .replace(/\s*\n\s*/g, " ");
  const [error] = located.document.errors;
  if (error !== undefined && !error.message.startsWith("Maximum call stack")) {
    const told = (error.message.split("\n")[0] ?? message).replace(/ at line \d+, column \d+:?$/, "");
    return { code: "document", path: "", message: told, ...located.at(error.pos[0]) };
  }
  // Lines in kubeconform's words count from the document's first: they are told as the stream's, and once.
  const line = /\bline (\d+):/.exec(message)?.[1];
  const told = message.replace(/^yaml: (unmarshal errors: )?/, "").replace(/\bline \d+: /g, "");
  const problem = at("", told, "document");
  return line === undefined ? problem : { ...problem, line: object.line + Number(line) - 1, column: 1 };
}

async function missingSchema(apiVersion: string, kind: string, schemas: readonly string[]): Promise<string> {
  const wanted = schemaPath(apiVersion, kind);
  const others = (await Promise.all(schemas.map((folder) => versionsOf(folder, kind)))).flat();
  if (others.includes(wanted))
    return `the schema of ${apiVersion} ${kind} (${wanted}) cannot be read or compiled`;
  const known = others.map((path) =>
    path.replace(/^(.*)\/.*_(.*)\.json$/, (_, group, version) =>
      group === version ? version : `${group}/${version}`,
    ),
  );
  const hint =
    known.length === 0 ? "is its CRD among the manifests?" : `known for this kind: ${known.join(", ")}`;
  return `no schema for ${apiVersion} ${kind}; ${hint}`;
}

async function versionsOf(folder: string, kind: string): Promise<string[]> {
  const found: string[] = [];
  for (const group of await readdir(folder, { withFileTypes: true })) {
    if (!group.isDirectory()) continue;
    const files = await readdir(join(folder, group.name));
    const own = files.filter((file) => file.startsWith(`${kind.toLowerCase()}_`));
    found.push(...own.map((file) => `${group.name}/${file}`));
  }
  return found.sort();
}

function namespaceOf(located: LocatedDocument, prefix: string): string | undefined {
  if (located.document.errors.length > 0) return undefined;
  const list = prefix
    .split("/")
    .slice(1)
    .map((key) => (/^\d+$/.test(key) ? Number(key) : key));
  const namespace = located.document.getIn([...list, "metadata", "namespace"]);
  return typeof namespace === "string" ? namespace : undefined;
}
