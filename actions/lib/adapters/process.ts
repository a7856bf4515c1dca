import { spawn } from "node:child_process";

/** A program to run. Arguments are passed as they are: no shell ever reads them. */
export interface Command {
  /** Name on PATH, or an absolute path. */
  file: string;
  args: readonly string[];
  /** Folder to run in; the current one by default. */
  cwd?: string;
  /** Added to this process's environment; `undefined` removes a variable. */
  env?: Readonly<Record<string, string | undefined>>;
  /** Bytes for standard input; it is empty by default. */
  stdin?: string | Uint8Array;
  /** The program is ended after this many milliseconds; 60,000 by default. */
  timeoutMs?: number;
  /** The program is ended when it writes more than this to standard output; 64 MiB by default. */
  maxOutputBytes?: number;
}

/** What a program that exited with 0 wrote. */
export interface ProcessOutput {
  stdout: Buffer;
  /** The last 64 KiB, decoded. */
  stderr: string;
}

/** How a program failed. */
export type ProcessFailure = "not-found" | "timeout" | "too-much-output" | "exit";

/** A program could not be started, took too long, wrote too much, or exited with something else than 0. */
export class ProcessError extends Error {
  override readonly name = "ProcessError";
  readonly failure: ProcessFailure;
  /** `undefined` when a signal ended the program. */
  readonly exitCode: number | undefined;
  /** The end of what the program wrote to standard error. */
  readonly stderr: string;
  /** The beginning of what it wrote to standard output: some programs say there what is wrong. */
  readonly stdout: string;

  constructor(
    message: string,
    details: { failure: ProcessFailure; exitCode?: number | undefined; stderr?: string; stdout?: string },
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.failure = details.failure;
    this.exitCode = details.exitCode;
    this.stderr = details.stderr ?? "";
    this.stdout = details.stdout ?? "";
  }
}

const DEFAULT_TIMEOUT_MS = 60_000;
const DEFAULT_MAX_OUTPUT_BYTES = 64 * 1024 * 1024;
const STDERR_KEPT_BYTES = 64 * 1024;
const STDERR_SHOWN_LINES = 20;
/** How long a program has between SIGTERM and SIGKILL. */
const GRACE_MS = 2_000;

/**
 * Runs a program to its end, within bounds of time and output.
 *
 * @param command what to run
 * @returns its output, when it exited with 0
 * @throws ProcessError on anything else, with the end of its standard error in the message
 */
export function runProcess(command: Command): Promise<ProcessOutput> {
  const timeoutMs = command.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  const maxOutputBytes = command.maxOutputBytes ?? DEFAULT_MAX_OUTPUT_BYTES;
  return new Promise((resolve, reject) => {
    const child = spawn(command.file, [...command.args], {
      env: { ...process.env, ...command.env },
      stdio: ["pipe", "pipe", "pipe"],
      windowsHide: true,
      ...(command.cwd === undefined ? {} : { cwd: command.cwd }),
    });
    const stdout: Buffer[] = [];
    const stderr = new Tail(STDERR_KEPT_BYTES);
    let stdoutBytes = 0;
    let ended: "timeout" | "too-much-output" | undefined;
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
    const timer = setTimeout(() => end("timeout"), timeoutMs);
    const settle = (): void => {
      clearTimeout(timer);
      clearTimeout(killer);
    };

    child.on("error", (cause: NodeJS.ErrnoException) => {
      // Only a failed start ends here: a child that could not be killed still closes.
      if (child.pid !== undefined) return;
      settle();
      reject(startError(command, cause));
    });
    child.stdout.on("data", (chunk: Buffer) => {
      stdoutBytes += chunk.length;
      if (stdoutBytes > maxOutputBytes) return end("too-much-output");
      stdout.push(chunk);
    });
    child.stderr.on("data", (chunk: Buffer) => stderr.push(chunk));
    // A program that exits without reading its input breaks the pipe; its exit code says what happened.
    child.stdin.on("error", () => {});
    child.stdin.end(command.stdin ?? "");
    child.on("close", (code, signal) => {
      settle();
      const output = Buffer.concat(stdout);
      const errors = stderr.text();
      if (ended === undefined && code === 0) return resolve({ stdout: output, stderr: errors });
      const name = describe(command);
      const failure = ended ?? "exit";
      const reason =
        failure === "timeout"
          ? `took longer than ${timeoutMs / 1000} s and was ended`
          : failure === "too-much-output"
            ? `wrote more than ${maxOutputBytes} bytes and was ended`
            : code === null
              ? `was ended by ${signal}`
              : `exited with ${code}`;
      const said = lastLines(errors, STDERR_SHOWN_LINES);
      reject(
        new ProcessError(`${name} ${reason}${said === "" ? "" : `:\n${said}`}`, {
          failure,
          exitCode: code ?? undefined,
          stderr: errors,
          stdout: output.subarray(0, STDERR_KEPT_BYTES).toString("utf8"),
        }),
      );
    });
  });
}

function startError(command: Command, cause: NodeJS.ErrnoException): ProcessError {
  // ENOENT also means that the folder to run in is missing; Node does not tell them apart.
  const where = command.cwd === undefined ? "" : ` in ${command.cwd}`;
  const reason =
    cause.code === "ENOENT"
      ? "was not found (is it installed and on PATH?)"
      : `could not start: ${cause.message}`;
  return new ProcessError(
    `${command.file}${where} ${reason}`,
    { failure: cause.code === "ENOENT" ? "not-found" : "exit" },
    { cause },
  );
}

/** The program and its first argument: enough to know it by, too little to hold a secret. */
function describe(command: Command): string {
  const program = command.file.slice(
    Math.max(command.file.lastIndexOf("/"), command.file.lastIndexOf("\\")) + 1,
  );
  const verb = command.args.find((arg) => /^[a-z][a-z-]*$/.test(arg));
  return verb === undefined ? program : `${program} ${verb}`;
}

function lastLines(text: string, count: number): string {
  return text.trimEnd().split("\n").slice(-count).join("\n");
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
