import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { UserError } from "../domain/user-error.ts";
import { ProcessError, runProcess } from "./process.ts";

/** A Python program that checks, and where. */
export interface PythonProgram {
  /** Absolute path of the repository. */
  root: string;
  /** Absolute path of the program. */
  program: string;
  /** Absolute path of the lock that the Python is made from. */
  lock: string;
  /** Gives the interpreter; asked when something is to be checked. */
  python: () => Promise<string>;
  /** Many pipelines take this long at most, 10 minutes by default. */
  timeoutMs?: number;
}

/** What such a program says of one place. */
export interface PythonProblem<Kind extends string> {
  kind: Kind;
  file: string;
  line: number;
  column: number;
  message: string;
}

/**
 * @param program the program
 * @returns what differs whenever the program or its packages do
 * @throws UserError when one cannot be read
 */
export async function pythonKey({ program, lock }: PythonProgram): Promise<string> {
  const hash = createHash("sha256");
  for (const part of await Promise.all([program, lock].map(read))) hash.update(part).update("\0");
  return hash.digest("hex");
}

/**
 * Runs a Python program that reads one JSON document and writes one with `problems`.
 *
 * @param options the program
 * @param input the document that it reads
 * @param env added to its environment
 * @returns the problems
 * @throws UserError when it fails, or writes no report: silence is no answer
 */
export async function pythonProblems<Kind extends string>(
  options: PythonProgram,
  input: unknown,
  env: Readonly<Record<string, string>> = {},
): Promise<PythonProblem<Kind>[]> {
  const text = await run(options, input, env);
  try {
    const { problems }: { problems?: unknown } = JSON.parse(text);
    if (Array.isArray(problems)) return problems;
  } catch {
    // Told below.
  }
  throw new UserError(`${basename(options.program)} wrote no report: ${JSON.stringify(text.slice(0, 200))}`);
}

async function read(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (error) {
    throw new UserError(`${path} cannot be read; without it the pipelines cannot be checked`, {
      cause: error,
    });
  }
}

async function run(
  { root, program, python, timeoutMs = 600_000 }: PythonProgram,
  input: unknown,
  env: Readonly<Record<string, string>>,
): Promise<string> {
  try {
    const { stdout } = await runProcess({
      file: await python(),
      args: ["-B", program],
      cwd: root,
      env: { PYTHONPATH: join(root, "pipelines/runtime"), PYTHONUTF8: "1", ...env },
      stdin: JSON.stringify(input),
      timeoutMs,
    });
    return stdout.toString("utf8");
  } catch (error) {
    if (!(error instanceof ProcessError)) throw error;
    throw new UserError(`${basename(program)} could not check the pipelines: ${error.message}`, {
      cause: error,
    });
  }
}
