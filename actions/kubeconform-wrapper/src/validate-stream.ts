import { availableParallelism } from "node:os";
import { join } from "node:path";
import { deprecation } from "./api-lifecycle.ts";
import { schemaPathTemplate } from "./json-schema.ts";
import { type KubeconformResource, parseReport } from "./kubeconform-report.ts";
import { listItems, type StreamObject } from "./list-items.ts";
import { deprecationOf, type ObjectProblem, problemsOf } from "./object-problems.ts";
import { type ProcessResult, runProcess } from "./run-process.ts";
import { splitDocuments } from "./split-documents.ts";
import { ToolError, type ToolFailure } from "./tool-error.ts";

export interface ValidateOptions {
  /** The kubeconform binary, from `resolveGoTool("kubeconform", …)`. */
  kubeconform: string;
  /** Folders of schemas, from `prepareSchemas` and `prepareCrdSchemas`; the first that has a kind wins. */
  schemas: readonly string[];
  /** How long one process may take; a minute when not said. */
  timeoutMs?: number;
  /** How long all of it may take; five minutes when not said. */
  totalTimeoutMs?: number;
  /** The longest stream that is taken, in UTF-16 units; 128 Mi when not said. */
  maxLength?: number;
  /** What is deployed, `1.36.3`: kinds that it deprecates are told. Without it none is. */
  kubernetesVersion?: string;
  /** How many processes run at once; the machine's cores when not said. */
  processes?: number;
}

interface Identity {
  /** The document's place among those of the stream that hold anything, from 0. */
  document: number;
  /** The line of the stream that the document begins on, from 1. */
  line: number;
  apiVersion: string;
  kind: string;
  name: string;
}

/**
 * One object of the stream, as it was found. An object without a schema is invalid, never left out. A valid one has a
 * deprecation at most; that fails nothing.
 */
export type ObjectResult = Identity & {
  valid: boolean;
  namespace: string | undefined;
  problems: readonly ObjectProblem[];
};

/**
 * kubeconform hands its workers a buffer that it reads on into (`scanner.Bytes()` in `resource/stream.go`); it
 * moves what is in there only after 2 MiB, so a process gets less than that (a character is at most 3 bytes), or one single document.
 */
const chunkCharacters = 500_000;
const defaultMaxLength = 128 * 1024 * 1024;
/** A result takes some 200 bytes of JSON, a problem less than its object; more is a program gone wild. */
const outputBytesPerObject = 64 * 1024;
/** Below this a second process costs more than it saves. */
const worthAProcess = 200_000;

/**
 * Checks every object of a stream with kubeconform, strictly.
 *
 * @param stream multi-document YAML
 * @returns one result an object, in the stream's order; lists count by their items
 * @throws ToolError when kubeconform crashes, is killed, takes too long, writes nothing, or reports on something else
 *   than what it was given; its `failure` says which. Never a success, and nothing is tried twice.
 */
export async function validateStream(stream: string, options: ValidateOptions): Promise<ObjectResult[]> {
  const { maxLength = defaultMaxLength, totalTimeoutMs = 300_000 } = options;
  if (stream.length > maxLength) {
    const message = `a stream of ${stream.length} characters is more than the ${maxLength} that are taken at once`;
    throw new ToolError(message, { failure: "too-much" });
  }
  const deadline = performance.now() + totalTimeoutMs;
  const objects = splitDocuments(stream).flatMap((document) =>
    document.fault === undefined ? listItems(document) : [wholeDocument(document)],
  );
  const checkable = objects.filter(({ document }) => document.fault === undefined);
  const processes = options.processes ?? availableParallelism();
  const chunks = chunk(checkable, processes);
  const reports = new Map<StreamObject, KubeconformResource>();
  const queue = chunks.values(); // one iterator that all lanes take from
  const lane = async (): Promise<void> => {
    for (const part of queue) {
      const timeoutMs = Math.min(options.timeoutMs ?? 60_000, deadline - performance.now());
      const resources = await runKubeconform(part, Math.max(timeoutMs, 1), options);
      for (const [index, object] of part.entries()) {
        const resource = resources[index];
        if (resource !== undefined) reports.set(object, resource);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(processes, chunks.length) }, lane));
  return Promise.all(objects.map((object) => resultOf(object, reports.get(object), options)));
}

function wholeDocument(document: StreamObject["document"]): StreamObject {
  return { document, text: document.text, line: document.line, prefix: "" };
}

function chunk(objects: readonly StreamObject[], processes: number): StreamObject[][] {
  const total = objects.reduce((sum, { text }) => sum + text.length, 0);
  const target = Math.min(chunkCharacters, Math.max(worthAProcess, Math.ceil(total / processes)));
  const chunks: StreamObject[][] = [];
  let size = Number.POSITIVE_INFINITY;
  for (const object of objects) {
    if (size + object.text.length > target) {
      chunks.push([]);
      size = 0;
    }
    chunks.at(-1)?.push(object);
    size += object.text.length;
  }
  return chunks;
}

async function runKubeconform(
  objects: readonly StreamObject[],
  timeoutMs: number,
  options: ValidateOptions,
): Promise<KubeconformResource[]> {
  const locations = options.schemas.flatMap((folder) => [
    "-schema-location",
    join(folder, schemaPathTemplate),
  ]);
  // One worker: the results come in the order of the documents, which is all that tells them apart.
  const args = ["-strict", "-verbose", "-output", "json", "-n", "1", ...locations, "-"];
  const result = await runProcess(options.kubeconform, args, {
    env: {},
    input: objects.map(({ text }) => (text.endsWith("\n") ? text : `${text}\n`)).join("---\n"),
    timeoutMs,
    maxOutputBytes: 1024 * 1024 + objects.length * outputBytesPerObject,
  }).catch((error: unknown) => {
    const message = `kubeconform cannot be started: ${String(error)}`;
    throw new ToolError(message, { cause: error, failure: "missing" });
  });
  const told = classify(result, timeoutMs);
  if (told !== undefined) {
    const message = `kubeconform, checking ${objects.length} objects, ${told.what}${quoted(result.stderr)}`;
    throw new ToolError(message, { failure: told.failure });
  }
  return readReport(result, objects.length);
}

/** What a process's end says: `undefined` when there is a report to read. Exit code 1 is an answer, any other is none. */
function classify(
  { ended, code, signal, stdout }: ProcessResult,
  timeoutMs: number,
): { failure: ToolFailure; what: string } | undefined {
  if (ended === "timeout") {
    return {
      failure: "timeout",
      what: `took longer than ${Math.ceil(timeoutMs / 100) / 10} s and was ended`,
    };
  }
  if (ended === "too-much-output")
    return { failure: "too-much", what: "wrote more than it may and was ended" };
  if (signal !== null) return { failure: "killed", what: `was killed by ${signal}` };
  if (code !== 0 && code !== 1) return { failure: "crashed", what: `failed with exit code ${code}` };
  if (stdout.every((byte) => byte <= 32)) return { failure: "no-output", what: "wrote nothing" };
  return undefined;
}

function readReport({ stdout, stderr, code }: ProcessResult, expected: number): KubeconformResource[] {
  const bad = (message: string, cause?: unknown): ToolError =>
    new ToolError(`${message}${quoted(stderr)}`, { failure: "bad-output", cause });
  let resources: KubeconformResource[];
  try {
    resources = parseReport(stdout.toString("utf8"));
  } catch (error) {
    throw bad(error instanceof Error ? error.message : String(error), error);
  }
  const what = `kubeconform, checking ${expected} objects,`;
  if (resources.length !== expected) throw bad(`${what} reported on ${resources.length} of them`);
  const allGood = resources.every(({ status }) => status === "statusValid" || status === "");
  if (allGood !== (code === 0)) {
    throw bad(`${what} ended with ${code} and yet called ${allGood ? "all" : "not all"} of them valid`);
  }
  return resources;
}

async function resultOf(
  object: StreamObject,
  report: KubeconformResource | undefined,
  { schemas, kubernetesVersion }: ValidateOptions,
): Promise<ObjectResult> {
  const identity = {
    document: object.document.index,
    line: object.document.line,
    apiVersion: report?.version ?? "",
    kind: report?.kind ?? "",
    name: report?.name ?? "",
  };
  if (report?.status !== "statusValid" || report.name === "") {
    return { ...identity, valid: false, ...(await problemsOf(object, report, schemas)) };
  }
  const deprecated =
    kubernetesVersion === undefined ? undefined : deprecation(report.version, report.kind, kubernetesVersion);
  if (deprecated === undefined) return { ...identity, valid: true, namespace: undefined, problems: [] };
  return { ...identity, valid: true, ...deprecationOf(object, deprecated) };
}

function quoted(text: string): string {
  const trimmed = text.trim();
  return trimmed === "" ? "" : `: ${trimmed.slice(0, 2000)}`;
}
