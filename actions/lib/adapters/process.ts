import { type ProcessResult, runProcess as runToEnd } from "kubeconform-wrapper/run-process";

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
  /** The program is ended when it writes more than this to standard output; 256 MiB by default. */
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
const STDOUT_KEPT_BYTES = 64 * 1024;
const STDERR_SHOWN_LINES = 20;

/**
 * Runs a program to its end, within bounds of time and output.
 *
 * @param command what to run
 * @returns its output, when it exited with 0
 * @throws ProcessError on anything else, with the end of its standard error in the message
 */
export async function runProcess(command: Command): Promise<ProcessOutput> {
  const timeoutMs = command.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  const { cwd, maxOutputBytes, stdin: input } = command;
  const env = { ...process.env, ...command.env };
  let result: ProcessResult;
  try {
    result = await runToEnd(command.file, command.args, { cwd, env, input, timeoutMs, maxOutputBytes });
  } catch (error) {
    throw startError(command, error);
  }
  const { code, ended, stderr, stdout } = result;
  if (ended === undefined && code === 0) return { stdout, stderr };
  const said = lastLines(stderr, STDERR_SHOWN_LINES);
  throw new ProcessError(
    `${describe(command)} ${reasonOf(result, timeoutMs)}${said === "" ? "" : `:\n${said}`}`,
    {
      failure: ended ?? "exit",
      exitCode: code ?? undefined,
      stderr,
      stdout: stdout.subarray(0, STDOUT_KEPT_BYTES).toString("utf8"),
    },
  );
}

function reasonOf({ ended, code, signal }: ProcessResult, timeoutMs: number): string {
  if (ended === "timeout") return `took longer than ${timeoutMs / 1000} s and was ended`;
  if (ended === "too-much-output") return "wrote more than it may and was ended";
  return code === null ? `was ended by ${signal}` : `exited with ${code}`;
}

function startError(command: Command, cause: unknown): ProcessError {
  // ENOENT also means that the folder to run in is missing; Node does not tell them apart.
  const where = command.cwd === undefined ? "" : ` in ${command.cwd}`;
  const missing = cause instanceof Error && "code" in cause && cause.code === "ENOENT";
  const reason = missing
    ? "was not found (is it installed and on PATH?)"
    : `could not start: ${cause instanceof Error ? cause.message : String(cause)}`;
  return new ProcessError(
    `${command.file}${where} ${reason}`,
    { failure: missing ? "not-found" : "exit" },
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
