import { type ChildProcess, spawn } from "node:child_process";

/** How a process ended. */
export interface ProcessResult {
  /** Its exit code, or `null` when a signal ended it. */
  code: number | null;
  /** The signal that ended it, or `null`. */
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
  /** True when it was killed because its time was up. */
  timedOut: boolean;
  /** True when it was killed because it wrote more than `maxBytes`. */
  tooMuch: boolean;
}

export interface ProcessOptions {
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  /** Written to its standard input, which is then closed. */
  input?: string | Uint8Array;
  timeoutMs: number;
  /** The most that it may write to stdout and stderr together; 256 MiB when not said. */
  maxBytes?: number;
}

/**
 * Runs a process to its end, in bounded time and memory. It is killed when either bound is passed.
 *
 * @param file the program: a path, or a name looked up on PATH
 * @param args its arguments; no shell is involved
 * @returns how it ended, whatever the exit code
 * @throws the spawn error (`code: "ENOENT"` where there is no such program)
 */
export function runProcess(
  file: string,
  args: readonly string[],
  options: ProcessOptions,
): Promise<ProcessResult> {
  const maxBytes = options.maxBytes ?? 256 * 1024 * 1024;
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, {
      cwd: options.cwd,
      env: options.env ?? process.env,
      stdio: ["pipe", "pipe", "pipe"],
    });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    let bytes = 0;
    let timedOut = false;
    let tooMuch = false;
    const timer = setTimeout(() => {
      timedOut = true;
      end(child);
    }, options.timeoutMs);
    const collect = (into: Buffer[]) => (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= maxBytes) into.push(chunk);
      else if (!tooMuch) {
        tooMuch = true;
        end(child);
      }
    };
    child.stdout.on("data", collect(stdout));
    child.stderr.on("data", collect(stderr));
    child.stdin.on("error", () => {}); // a child that dies early closes the pipe (EPIPE); its exit code tells more
    child.on("error", (error) => {
      clearTimeout(timer);
      reject(error);
    });
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      resolve({
        code,
        signal,
        stdout: Buffer.concat(stdout).toString("utf8"),
        stderr: Buffer.concat(stderr).toString("utf8"),
        timedOut,
        tooMuch,
      });
    });
    child.stdin.end(options.input ?? "");
  });
}

/** Ends it for good; closing the pipes here keeps a grandchild that still holds them from delaying the result. */
function end(child: ChildProcess): void {
  child.kill("SIGKILL");
  child.stdout?.destroy();
  child.stderr?.destroy();
}
