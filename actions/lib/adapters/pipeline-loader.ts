import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Finding } from "../domain/finding.ts";
import { UserError } from "../domain/user-error.ts";
import type { LoadedPipeline, PipelineLoader } from "../ports/pipeline-loader.ts";
import { ProcessError, runProcess } from "./process.ts";

/** What loads, and where. */
export interface PipelineLoaderOptions {
  /** Absolute path of the repository. */
  root: string;
  /** Absolute path of the program, `load_pipelines.py`. */
  program: string;
  /** Absolute path of the lock that the Python is made from. */
  lock: string;
  /** Gives the interpreter; asked when something is to be loaded. */
  python: () => Promise<string>;
  /** Many pipelines take this long at most, 10 minutes by default. */
  timeoutMs?: number;
}

/** What the program says of one place. */
interface Said {
  kind: keyof typeof RULES;
  file: string;
  line: number;
  column: number;
  message: string;
}

const RULES = {
  syntax: { rule: "python/syntax", fix: "correct it" },
  import: {
    rule: "python/import",
    fix: "import what the image holds, and do nothing else when the module is imported",
  },
  dag: { rule: "pipeline/dag", fix: "change what the DAG builder cannot use" },
} as const;

/**
 * Loads pipelines with the repository's own runtime, in the Python that its lock describes.
 *
 * @param options what loads, and where
 */
export function pipelineLoader(options: PipelineLoaderOptions): PipelineLoader {
  return {
    async key() {
      const parts = await Promise.all([options.program, options.lock].map(read));
      const hash = createHash("sha256");
      for (const part of parts) hash.update(part).update("\0");
      return hash.digest("hex");
    },
    async load(pipelines) {
      if (pipelines.length === 0) return [];
      return parse(await run(options, pipelines)).map(({ kind, file, line, column, message }): Finding => {
        return { severity: "error", file, line, column, message, ...RULES[kind] };
      });
    },
  };
}

async function read(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (error) {
    throw new UserError(`${path} cannot be read, and without it no pipeline can be loaded`, { cause: error });
  }
}

async function run(
  { root, program, python, timeoutMs = 600_000 }: PipelineLoaderOptions,
  pipelines: readonly LoadedPipeline[],
): Promise<string> {
  try {
    const { stdout } = await runProcess({
      file: await python(),
      args: ["-B", program],
      cwd: root,
      env: { PYTHONPATH: join(root, "pipelines/runtime"), PYTHONUTF8: "1" },
      stdin: JSON.stringify({ pipelines }),
      timeoutMs,
    });
    return stdout.toString("utf8");
  } catch (error) {
    if (!(error instanceof ProcessError)) throw error;
    throw new UserError(`the pipelines could not be loaded in Airflow: ${error.message}`, { cause: error });
  }
}

/** Silence is no answer. */
function parse(text: string): Said[] {
  try {
    const { problems }: { problems?: unknown } = JSON.parse(text);
    if (Array.isArray(problems)) return problems;
  } catch {
    // Told below.
  }
  throw new UserError(`what loads the pipelines wrote no report: ${JSON.stringify(text.slice(0, 200))}`);
}
