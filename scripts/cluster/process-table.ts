import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import {
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { processStart } from "./process-start.ts";

/** A process that outlives the command that starts it. */
export interface ProcessSpec {
  name: string;
  file: string;
  args: readonly string[];
  env?: Readonly<Record<string, string>>;
  /** The texts of its configuration: when one changes, `up` starts the process anew. */
  configuration?: readonly string[];
}

/** A process that was started, as it is written down. */
export interface ProcessRecord {
  name: string;
  pid: number;
  /** The kernel's start time: with it a number that was given to another process is told apart. */
  started: string;
  /** Changes when what is run changes. */
  stamp: string;
}

export type ProcessState = "running" | "gone";

/** The processes of one cluster: one file each, in a folder. */
export class ProcessTable {
  readonly #folder: string;
  readonly #logs: string;

  constructor(places: { processes: string; logs: string }) {
    this.#folder = places.processes;
    this.#logs = places.logs;
  }

  /** All that were started and not stopped, by name. */
  list(): (ProcessRecord & { state: ProcessState })[] {
    return namesIn(this.#folder).flatMap((name) => {
      const record = this.#read(name);
      return record === undefined ? [] : [{ ...record, state: isRunning(record) ? "running" : "gone" }];
    });
  }

  /** Where a process writes what it has to say. */
  logFile(name: string): string {
    return join(this.#logs, `${name}.log`);
  }

  /**
   * Starts a process, detached, unless it runs already as it is asked for; one that runs otherwise is started anew.
   *
   * @returns true when it was started now
   * @throws the spawn error when there is no such program
   */
  async ensure(spec: ProcessSpec): Promise<boolean> {
    const stamp = stampOf(spec);
    const before = this.#read(spec.name);
    if (before !== undefined && isRunning(before)) {
      if (before.stamp === stamp) return false;
      await this.stop(spec.name);
    }
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    mkdirSync(this.#logs, { recursive: true, mode: 0o700 });
    const log = openSync(this.logFile(spec.name), "a", 0o600);
    try {
      const child = spawn(spec.file, [...spec.args], {
        detached: true,
        cwd: "/",
        env: { ...process.env, ...spec.env },
        stdio: ["ignore", log, log],
      });
      const pid = await startedPid(child);
      child.unref();
      this.#write({ name: spec.name, pid, started: processStart(pid) ?? "", stamp });
    } finally {
      closeSync(log);
    }
    return true;
  }

  /** Whether the process runs. */
  isRunning(name: string): boolean {
    const record = this.#read(name);
    return record !== undefined && isRunning(record);
  }

  /** Ends a process, asked first, killed when it does not listen; then forgets it. */
  async stop(name: string, graceMs = 5_000): Promise<void> {
    const record = this.#read(name);
    if (record !== undefined) await endProcess(record, graceMs);
    rmSync(join(this.#folder, `${name}.json`), { force: true });
  }

  #read(name: string): ProcessRecord | undefined {
    try {
      return JSON.parse(readFileSync(join(this.#folder, `${name}.json`), "utf8")) as ProcessRecord;
    } catch {
      return undefined;
    }
  }

  #write(record: ProcessRecord): void {
    const file = join(this.#folder, `${record.name}.json`);
    writeFileSync(`${file}.new`, `${JSON.stringify(record)}\n`, { mode: 0o600 });
    renameSync(`${file}.new`, file);
  }
}

/** Whether the process with this number is still the one that was written down. */
export function isRunning(known: { pid: number; started: string }): boolean {
  return known.started !== "" && processStart(known.pid) === known.started;
}

/** Ends one process, if it is still the one that is meant. */
export async function endProcess(known: { pid: number; started: string }, graceMs: number): Promise<void> {
  for (const [signal, waitMs] of [
    ["SIGTERM", graceMs],
    ["SIGKILL", 10_000],
  ] as const) {
    if (!isRunning(known)) return;
    try {
      process.kill(known.pid, signal);
    } catch {
      return; // it ended between the look and the signal
    }
    const deadline = Date.now() + waitMs;
    while (isRunning(known) && Date.now() < deadline) await sleep(50);
  }
}

function stampOf({ file, args, env = {}, configuration = [] }: ProcessSpec): string {
  return createHash("sha256")
    .update(JSON.stringify([file, args, env, configuration]))
    .digest("hex")
    .slice(0, 16);
}

function startedPid(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("spawn", () => resolve(child.pid ?? 0));
  });
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith(".json"))
      .map((name) => name.slice(0, -".json".length))
      .sort();
  } catch {
    return [];
  }
}
