import { readFileSync } from "node:fs";

/**
 * When a process started, in the kernel's ticks since boot.
 *
 * @returns `undefined` when there is no such process, or it has ended and only waits to be collected
 */
export function processStart(pid: number): string | undefined {
  return readStat(pid)?.started;
}

/** The parent of a running process. */
export function processParent(pid: number): number | undefined {
  return readStat(pid)?.parent;
}

function readStat(pid: number): { parent: number; started: string } | undefined {
  try {
    // The command's name, in parentheses, may hold spaces and parentheses: count from the last one.
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    if (fields[0] === "Z") return undefined;
    return { parent: Number(fields[1]), started: fields[19] ?? "" };
  } catch {
    return undefined;
  }
}
