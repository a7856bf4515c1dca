import { spawn } from "node:child_process";
import { setPriority } from "node:os";

/** How a process ended. */
export interface ProcessResult {
  /** Its exit code, or `null` when a signal ended it. */
  code: number | null;
  /** The signal that ended it, or `null`. */
  signal: NodeJS.Signals | null;
  stdout: Buffer;
  /** The last 64 KiB, decoded. */
  stderr: string;
  /** Why it was ended here, or `undefined` when it ended by itself. */
  ended: "timeout" | "too-much-output" | undefined;
}

export interface ProcessOptions {
  /** Folder to run in; the current one by default. */
  cwd?: string | undefined;
  /** The whole environment; this process's own by default. */
  env?: NodeJS.ProcessEnv;
  /** Written to its standard input, which is then closed. */
  input?: string | Uint8Array | undefined;
  timeoutMs: number;
  /** How much it gives way to others, 0 (not at all) to 19; what it starts later gives way as much. */
  niceness?: number;
  /** The most that it may write to standard output; 256 MiB by default. */
  maxOutputBytes?: number | undefined;
}

const DEFAULT_MAX_OUTPUT_BYTES = 256 * 1024 * 1024;
const STDERR_KEPT_BYTES = 64 * 1024;
/** How long a process has between SIGTERM and SIGKILL. */
const GRACE_MS = 1_000;

/**
 * Runs a process to its end, in bounded time and memory. It is ended when either bound is passed.
 *
 * @param file the program: a path, or a name looked up on PATH
 * @param args its arguments; no shell is involved
 * @returns how it ended, whatever the exit code
 * @throws the spawn error (`code: "ENOENT"` where there is no such program, or no such folder to run in)
 */
export function runProcess(
  file: string,
  args: readonly string[],
  options: ProcessOptions,
): Promise<ProcessResult> {
  const maxOutputBytes = options.maxOutputBytes ?? DEFAULT_MAX_OUTPUT_BYTES;
  return new Promise((resolve, reject) => {
    const child = spawn(file, [...args], {
      env: options.env ?? process.env,
      stdio: ["pipe", "pipe", "pipe"],
      windowsHide: true,
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    });
    if (options.niceness !== undefined && child.pid !== undefined) setPriority(child.pid, options.niceness);
    const stdout: Buffer[] = [];
    const stderr = new Tail(STDERR_KEPT_BYTES);
    let stdoutBytes = 0;
    let ended: ProcessResult["ended"];
    let killer: NodeJS.Timeout | undefined;

    const end = (why: "timeout" | "too-much-output"): void => {
      if (ended !== undefined) return;
      ended = why;
      child.kill("SIGTERM");
      killer = setTimeout(() => {
        child.kill("SIGKILL");
        // A grandchild may still hold the pipes open: without this "close" would wait for it.
        child.stdout.destroy();
        child.stderr.destroy();
      }, GRACE_MS);
    };
    const timer = setTimeout(() => end("timeout"), options.timeoutMs);
    const settle = (): void => {
      clearTimeout(timer);
      clearTimeout(killer);
    };

    child.on("error", (error) => {
      // Only a failed start ends here: a child that could not be killed still closes.
      if (child.pid !== undefined) return;
      settle();
      reject(error);
    });
    child.stdout.on("data", (chunk: Buffer) => {
      stdoutBytes += chunk.length;
      if (stdoutBytes > maxOutputBytes) return end("too-much-output");
      stdout.push(chunk);
    });
    child.stderr.on("data", (chunk: Buffer) => stderr.push(chunk));
    // A process that exits without reading its input breaks the pipe; its exit code says what happened.
    child.stdin.on("error", () => {});
    child.stdin.end(options.input ?? "");
    child.on("close", (code, signal) => {
      settle();
      resolve({ code, signal, stdout: Buffer.concat(stdout), stderr: stderr.text(), ended });
    });
  });
}

/** The last bytes of a stream. */
class Tail {
  readonly #limit: number;
  #chunks: Buffer[] = [];
  #bytes = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  push(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    if (this.#bytes > 4 * this.#limit) this.#shrink();
  }

  text(): string {
    this.#shrink();
    return Buffer.concat(this.#chunks).toString("utf8");
  }

  #shrink(): void {
    const all = Buffer.concat(this.#chunks);
    const kept = all.subarray(Math.max(0, all.length - this.#limit));
    this.#chunks = [Buffer.from(kept)];
    this.#bytes = kept.length;
  }
}
