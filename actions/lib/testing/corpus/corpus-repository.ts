import { createHash } from "node:crypto";
import { mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connectValidation } from "../../adapters/connect-validation.ts";
import { fileMemory } from "../../adapters/file-memory.ts";
import { readPipeline } from "../../domain/pipeline-file.ts";
import { planGenerated } from "../../domain/plan-generated.ts";
import { parseVersions, VERSIONS_FILE } from "../../domain/versions.ts";
import type { Memory } from "../../ports/memory.ts";
import { mapMemory } from "../map-memory.ts";
import { memoryWorkspace } from "../memory-workspace.ts";
import { type SilentLogger, silentLogger } from "../silent-logger.ts";
import { templateFiles } from "../template-files.ts";
import { writeFiles } from "../write-files.ts";
import { addExampleSecrets } from "./example-secrets.ts";

const root = join(import.meta.dirname, "../../../..");
const EXAMPLES = "actions/lib/testing/pipelines/";

/** Files by path; `null` for one that is not there. */
export type Files = Readonly<Record<string, string | Uint8Array | null>>;

/**
 * Makes the valid repository that mistakes are made in: this one with the environment `local`, and with the other
 * pipelines that the tests have, so that every kind of source, storage and mart is there.
 *
 * @returns text by path
 */
export async function corpusFiles(): Promise<Record<string, string>> {
  const decoder = new TextDecoder();
  const files = new Map<string, string>();
  const all = Object.entries(await templateFiles([EXAMPLES.slice(0, -1)]));
  // An example stands for this repository's own pipeline of its name.
  const examples = new Set(
    all.flatMap(([path]) => (path.startsWith(EXAMPLES) ? (path.split("/")[4] ?? []) : [])),
  );
  for (const [path, content] of all) {
    const [, own = ""] = /^(?:overlays\/[^/]+\/processing\/)?pipelines\/([^/]+)\//.exec(path) ?? [];
    if (path.startsWith("overlays/minikube/") || examples.has(own)) continue;
    const target = path.startsWith(EXAMPLES) ? `pipelines/${path.slice(EXAMPLES.length)}` : path;
    files.set(target, decoder.decode(content));
  }
  const pipelines = [...files].flatMap(([path, text]) => {
    if (!/^pipelines\/[^/]+\/pipeline\.yaml$/.test(path)) return [];
    const { pipeline, findings } = readPipeline(path, text);
    if (pipeline === undefined) throw new Error(`${path} is not valid: ${JSON.stringify(findings)}`);
    return [pipeline.pipeline];
  });
  const { of: versions } = parseVersions(files.get(VERSIONS_FILE) ?? "");
  for (const [path, text] of planGenerated({ tree: files, pipelines, versions })) {
    if (text === null) files.delete(path);
    else files.set(path, text);
  }
  addExampleSecrets(files);
  return Object.fromEntries(files);
}

/** All that validating needs. */
type CorpusPorts = ReturnType<typeof connectValidation> & { logger: SilentLogger };

/** The valid repository on disk, where one file at a time is changed. */
export class CorpusRepository {
  readonly files: Readonly<Record<string, string>>;
  readonly #folder: string;
  /** Kept beyond this run, as validating keeps it, by what the files and the code hold: the base is seldom another. */
  readonly #known: Memory = fileMemory("corpus", join(root, "scripts/tools"));
  readonly #connected: ReturnType<typeof connectValidation>;

  private constructor(files: Readonly<Record<string, string>>, folder: string) {
    this.files = files;
    this.#folder = folder;
    this.#connected = connectValidation(folder, join(root, "scripts/tools"));
  }

  /** Writes it to a new folder, which `remove` deletes. */
  static async create(): Promise<CorpusRepository> {
    const folder = await realpath(await mkdtemp(join(tmpdir(), "wavehouse-corpus-")));
    const files = await corpusFiles();
    await writeFiles(folder, files);
    return new CorpusRepository(files, folder);
  }

  /** What validates the repository as it is; what it works out is known to all that come later. */
  ports(): CorpusPorts {
    return this.#portsOf(this.files, this.#known);
  }

  /**
   * Changes files, validates, and changes them back.
   *
   * @param changes what is different
   * @param work is given what validates it
   */
  async changed<T>(changes: Files, work: (ports: CorpusPorts) => Promise<T>): Promise<T> {
    const all = { ...this.files, ...changes };
    const there = Object.entries(all).flatMap(([path, content]) =>
      content === null ? [] : [[path, content] as const],
    );
    try {
      for (const [path, content] of Object.entries(changes)) await this.#put(path, content);
      return await work(this.#portsOf(Object.fromEntries(there), overlaid(this.#known)));
    } finally {
      for (const path of Object.keys(changes)) await this.#put(path, this.files[path] ?? null);
    }
  }

  remove(): Promise<void> {
    return rm(this.#folder, { recursive: true, force: true });
  }

  async #put(path: string, content: string | Uint8Array | null): Promise<void> {
    if (content === null) await rm(join(this.#folder, path), { force: true });
    else if (path in this.files) await writeFile(join(this.#folder, path), content);
    else await writeFiles(this.#folder, { [path]: content });
  }

  #portsOf(files: Readonly<Record<string, string | Uint8Array>>, memory: Memory): CorpusPorts {
    const { renderer, validator, registry } = this.#connected;
    const contentIds = async (): Promise<Map<string, string>> =>
      new Map(Object.entries(files).map(([path, content]) => [path, idOf(content)]));
    const workspace = { ...memoryWorkspace(files), contentIds };
    return { workspace, renderer, validator, registry, memory, logger: silentLogger() };
  }
}

const ids = new Map<string | Uint8Array, string>();

function idOf(content: string | Uint8Array): string {
  let id = ids.get(content);
  if (id === undefined) {
    id = `100644 ${createHash("sha256").update(content).digest("hex")}`;
    ids.set(content, id);
  }
  return id;
}

/** What one change comes to is forgotten after it. */
function overlaid(below: Memory): Memory {
  const own = mapMemory();
  return { ...own, get: (kind, name) => own.get(kind, name) ?? below.get(kind, name) };
}
