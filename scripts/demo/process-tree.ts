import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

/** A process as /proc knows it: its number may be given to another, its number and start time together never are. */
interface KnownProcess {
  pid: number;
  started: string;
}

/**
 * Ends processes and all that they started, and waits until they are gone: asked first, killed when they do not
 * listen. Nothing else is touched: descendants are found by their parents, and a number that was given to another
 * process meanwhile is told by its start time.
 *
 * @param roots process numbers that the caller started
 * @param graceMs how long they may take to end by themselves
 */
export async function endProcessTrees(roots: readonly number[], graceMs: number): Promise<void> {
  const known = descendants(roots);
  signalAll(known, "SIGTERM");
  const deadline = Date.now() + graceMs;
  while (known.some(alive) && Date.now() < deadline) {
    await sleep(50);
    for (const late of descendants(known.map(({ pid }) => pid))) {
      if (known.some(({ pid, started }) => pid === late.pid && started === late.started)) continue;
      known.push(late);
      signalAll([late], "SIGTERM");
    }
  }
  signalAll(known, "SIGKILL");
  while (known.some(alive)) await sleep(20);
}

/** The processes themselves and all below them, parents first. */
function descendants(roots: readonly number[]): KnownProcess[] {
  const table = processTable();
  const found: KnownProcess[] = [];
  const queue = [...roots];
  for (let pid = queue.shift(); pid !== undefined; pid = queue.shift()) {
    const entry = table.get(pid);
    if (entry === undefined || entry.zombie) continue;
    found.push({ pid, started: entry.started });
    for (const [child, { parent }] of table) if (parent === pid) queue.push(child);
  }
  return found;
}

function signalAll(processes: readonly KnownProcess[], signal: NodeJS.Signals): void {
  for (const one of processes) {
    if (!alive(one)) continue;
    try {
      process.kill(one.pid, signal);
    } catch {
      // It ended between the look and the signal.
    }
  }
}

function alive({ pid, started }: KnownProcess): boolean {
  const entry = hasProc ? readStat(pid) : processTable().get(pid);
  return entry !== undefined && entry.started === started && !entry.zombie;
}

interface ProcessStat {
  parent: number;
  started: string;
  zombie: boolean;
}

const hasProc = existsSync("/proc/self/stat");

function processTable(): Map<number, ProcessStat> {
  if (!hasProc) return tableOfPs();
  const table = new Map<number, ProcessStat>();
  for (const name of readdirSync("/proc")) {
    const pid = Number(name);
    const stat = Number.isInteger(pid) ? readStat(pid) : undefined;
    if (stat !== undefined) table.set(pid, stat);
  }
  return table;
}

function readStat(pid: number): ProcessStat | undefined {
  try {
    // The command's name, in parentheses, may hold spaces and parentheses: count from the last one.
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    return { parent: Number(fields[1]), started: fields[19] ?? "", zombie: fields[0] === "Z" };
  } catch {
    return undefined;
  }
}

/** Where there is no /proc (macOS). */
function tableOfPs(): Map<number, ProcessStat> {
  const table = new Map<number, ProcessStat>();
  for (const line of execFileSync("ps", ["-A", "-o", "pid=,ppid=,stat=,lstart="], { encoding: "utf8" }).split(
    "\n",
  )) {
    const [pid, parent, state, ...started] = line.trim().split(/\s+/);
    if (pid === undefined || state === undefined) continue;
    table.set(Number(pid), {
      parent: Number(parent),
      started: started.join(" "),
      zombie: state.startsWith("Z"),
    });
  }
  return table;
}
