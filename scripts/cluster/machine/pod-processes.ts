import { readdirSync, readFileSync } from "node:fs";
import { processParent, processStart } from "../process-start.ts";
import { endProcess } from "../process-table.ts";

/**
 * Ends every container of this cluster: containerd's shims, which outlive containerd, and all below them.
 *
 * @param socket containerd's socket, which each of its shims is told
 */
export async function endPodProcesses(socket: string): Promise<void> {
  const processes = readdirSync("/proc").flatMap((name) => {
    const pid = Number(name);
    const started = Number.isInteger(pid) ? processStart(pid) : undefined;
    return started === undefined ? [] : [{ pid, started, parent: processParent(pid) }];
  });
  const found = processes.filter(({ pid }) => isShim(pid, socket));
  for (const parent of found) found.push(...processes.filter((child) => child.parent === parent.pid));
  await Promise.all(found.reverse().map((one) => endProcess(one, 0)));
}

function isShim(pid: number, socket: string): boolean {
  try {
    const args = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
    return (args[0] ?? "").includes("containerd-shim") && args[args.indexOf("-address") + 1] === socket;
  } catch {
    return false; // it ended between the look and the reading
  }
}
