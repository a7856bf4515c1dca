import { spawn } from "node:child_process";
import { createWriteStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { finished } from "node:stream/promises";
import { setTimeout as after } from "node:timers/promises";
import type { Counts } from "./counts.ts";
import type { Part, Program } from "./parts.ts";

/** How a part went. */
export interface Outcome extends Counts {
  name: string;
  seconds: number;
  /** All that it printed; shown when it failed. */
  output: string;
}

/** Far above what any part takes: something hangs. */
const LIMIT_MS = 40 * 60_000;

/**
 * Runs one part to its end.
 *
 * @param part the part
 * @param program how it is run
 * @param folder an existing folder for its report and its output
 * @returns how it went; a program that cannot be started, or does not end, is a failure like any other
 */
export async function runPart(part: Part, program: Program, folder: string): Promise<Outcome> {
  const start = performance.now();
  const log = join(folder, `${part.name}.log`);
  const ended = await run(program, log);
  const report =
    program.report === undefined ? undefined : await readFile(program.report, "utf8").catch(() => undefined);
  const output = `${await readFile(log, "utf8")}${ended.problem === undefined ? "" : `${ended.problem}\n`}`;
  const seconds = (performance.now() - start) / 1000;
  return { name: part.name, seconds, output, ...part.count(report, ended.exitCode) };
}

async function run(
  program: Program,
  log: string,
): Promise<{ exitCode: number; problem: string | undefined }> {
  const sink = createWriteStream(log);
  // A group of its own, so that what it started ends with it.
  const child = spawn(program.file, [...program.args], {
    cwd: program.cwd,
    env: { ...process.env, NO_COLOR: "1", FORCE_COLOR: undefined, ...program.env },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  const stop = (): void => {
    if (child.pid !== undefined) killGroup(child.pid);
  };
  const onSignal = (): void => {
    stop();
    process.exit(130);
  };
  process.once("SIGINT", onSignal).once("SIGTERM", onSignal);
  child.stdout.pipe(sink, { end: false });
  child.stderr.pipe(sink, { end: false });
  const limit = new AbortController();
  try {
    return await Promise.race([
      new Promise<{ exitCode: number; problem: string | undefined }>((resolve) => {
        child.once("error", (error) =>
          resolve({ exitCode: 1, problem: `${program.file}: ${error.message}` }),
        );
        child.once("close", (code, signal) =>
          resolve({ exitCode: code ?? 1, problem: signal === null ? undefined : `ended by ${signal}` }),
        );
      }),
      after(
        LIMIT_MS,
        { exitCode: 1, problem: `did not end in ${LIMIT_MS / 60_000} minutes` },
        { signal: limit.signal },
      ),
    ]);
  } finally {
    limit.abort();
    stop();
    process.off("SIGINT", onSignal).off("SIGTERM", onSignal);
    sink.end();
    await finished(sink);
  }
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, "SIGKILL");
  } catch (error) {
    // Nobody is left in the group: the usual case.
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
}
