import { availableParallelism } from "node:os";
import { join } from "node:path";
import { schemaPathTemplate } from "./json-schema.ts";
import { type KubeconformResource, parseReport } from "./kubeconform-report.ts";
import { listItems, type StreamObject } from "./list-items.ts";
import { type ObjectProblem, problemsOf } from "./object-problems.ts";
import { runProcess } from "./run-process.ts";
import { splitDocuments } from "./split-documents.ts";
import { ToolError } from "./tool-error.ts";

export interface ValidateOptions {
  /** The kubeconform binary, from `resolveGoTool("kubeconform", …)`. */
  kubeconform: string;
  /** Folders of schemas, from `prepareSchemas` and `prepareCrdSchemas`; the first that has a kind wins. */
  schemas: readonly string[];
  /** How long one process may take; a minute when not said. */
  timeoutMs?: number;
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

/** One object of the stream, as it was found. An object without a schema is invalid, never left out. */
export type ObjectResult =
  | (Identity & { valid: true })
  | (Identity & { valid: false; namespace: string | undefined; problems: ObjectProblem[] });

/**
 * kubeconform hands its workers a buffer that it reads on into (`scanner.Bytes()` in `resource/stream.go`); it
 * moves what is in there only after 2 MiB, so a process gets less than that (a character is at most 3 bytes), or one single document.
 */
const chunkCharacters = 500_000;
/** Below this a second process costs more than it saves. */
const worthAProcess = 200_000;

/**
 * Checks every object of a stream with kubeconform, strictly.
 *
 * @param stream multi-document YAML
 * @returns one result an object, in the stream's order; lists count by their items
 * @throws ToolError when kubeconform crashes, is killed, takes too long or writes nothing: never a success
 * @throws Error when it reports on another number of objects than it was given
 */
export async function validateStream(stream: string, options: ValidateOptions): Promise<ObjectResult[]> {
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
      const resources = await runKubeconform(part, options);
      for (const [index, object] of part.entries()) {
        const resource = resources[index];
        if (resource !== undefined) reports.set(object, resource);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(processes, chunks.length) }, lane));
  return Promise.all(objects.map((object) => resultOf(object, reports.get(object), options.schemas)));
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
  options: ValidateOptions,
): Promise<KubeconformResource[]> {
  const timeoutMs = options.timeoutMs ?? 60_000;
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
  }).catch((error: unknown) => {
    throw new ToolError(`kubeconform cannot be started: ${String(error)}`, { cause: error });
  });
  const what = `kubeconform, checking ${objects.length} objects,`;
  if (result.ended === "timeout")
    throw new ToolError(`${what} took longer than ${timeoutMs / 1000} s and was ended`);
  if (result.ended === "too-much-output") throw new ToolError(`${what} wrote more than it may and was ended`);
  if (result.code !== 0 && result.code !== 1) {
    const how =
      result.signal === null ? `failed with exit code ${result.code}` : `was killed by ${result.signal}`;
    throw new ToolError(`${what} ${how}${quoted(result.stderr)}`);
  }
  const output = result.stdout.toString("utf8");
  if (output.trim() === "") throw new ToolError(`${what} wrote nothing${quoted(result.stderr)}`);
  const resources = parseReport(output);
  if (resources.length !== objects.length) {
    throw new Error(`${what} reported on ${resources.length} of them${quoted(result.stderr)}`);
  }
  const allGood = resources.every(({ status }) => status === "statusValid" || status === "");
  if (allGood !== (result.code === 0)) {
    throw new Error(
      `${what} ended with ${result.code} and yet called ${allGood ? "all" : "not all"} of them valid`,
    );
  }
  return resources;
}

async function resultOf(
  object: StreamObject,
  report: KubeconformResource | undefined,
  schemas: readonly string[],
): Promise<ObjectResult> {
  const identity = {
    document: object.document.index,
    line: object.document.line,
    apiVersion: report?.version ?? "",
    kind: report?.kind ?? "",
    name: report?.name ?? "",
  };
  if (report?.status === "statusValid" && report.name !== "") return { ...identity, valid: true };
  return { ...identity, valid: false, ...(await problemsOf(object, report, schemas)) };
}

function quoted(text: string): string {
  const trimmed = text.trim();
  return trimmed === "" ? "" : `: ${trimmed.slice(0, 2000)}`;
}
