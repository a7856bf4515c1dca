import { readdirSync, readFileSync } from "node:fs";

/** The numbers of a pod's processes of a name: this machine is the node, so they are its own. */
export function processesOf(podUid: string, name: string): number[] {
  return readdirSync("/proc")
    .filter((entry) => /^\d+$/.test(entry))
    .filter((pid) => readOrEmpty(`/proc/${pid}/comm`).trim() === name)
    .filter((pid) => readOrEmpty(`/proc/${pid}/cgroup`).includes(podUid))
    .map(Number);
}

/** Whether a process has a file in its memory, by the end of its path. */
export function hasMapped(pid: number, file: string): boolean {
  return readOrEmpty(`/proc/${pid}/maps`)
    .split("\n")
    .some((line) => line.endsWith(file));
}

function readOrEmpty(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return ""; // the process has ended meanwhile
  }
}
