import { readdirSync, readFileSync } from "node:fs";

/**
 * Watches the memory of this process and all that it started (Airflow, Spark, the registry), on Linux.
 *
 * @param intervalMs how often to look
 * @param command part of the command line of the processes to watch, with all that they started; all where it is not given
 * @returns a function that stops and returns the peak of the sum, in MiB; `undefined` where there is no /proc.
 *   Proportional set size, so that pages which Airflow's forks share count once.
 */
export function watchMemory(intervalMs = 500, command = ""): () => number | undefined {
  let peak: number | undefined;
  const look = () => {
    const now = treeMemory(process.pid, command);
    if (now !== undefined) peak = Math.max(peak ?? 0, now);
  };
  const timer = setInterval(look, intervalMs);
  timer.unref();
  return () => {
    clearInterval(timer);
    look();
    return peak;
  };
}

function treeMemory(root: number, command: string): number | undefined {
  const children = new Map<number, number[]>();
  let pids: number[];
  try {
    pids = readdirSync("/proc").map(Number).filter(Number.isInteger);
  } catch {
    return undefined;
  }
  for (const pid of pids) {
    const parent = parentOf(pid);
    if (parent !== undefined) children.set(parent, [...(children.get(parent) ?? []), pid]);
  }
  let kib = 0;
  const queue = [{ pid: root, watched: false }];
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    const watched = next.watched || commandLine(next.pid).includes(command);
    if (watched) kib += proportionalSize(next.pid);
    queue.push(...(children.get(next.pid) ?? []).map((pid) => ({ pid, watched })));
  }
  return kib / 1024;
}

function parentOf(pid: number): number | undefined {
  try {
    // The command's name, in parentheses, may hold spaces: the parent is the second field after it.
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
  } catch {
    return undefined;
  }
}

function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
  } catch {
    return "";
  }
}

function proportionalSize(pid: number): number {
  try {
    return Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"))?.[1] ?? 0);
  } catch {
    return 0;
  }
}
