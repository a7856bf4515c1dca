import { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync, rmdirSync, rmSync } from "node:fs";
import { join } from "node:path";

/** Removes the control groups of pods; they are empty once the pods' processes are gone. */
export function removePodGroups(root = "/sys/fs/cgroup"): void {
  for (const base of ["", ...foldersIn(root)]) removeTree(join(root, base, "kubepods"));
}

/** Control groups are removed from the leaves up; their files go with them. */
function removeTree(folder: string): void {
  if (!existsSync(folder)) return;
  for (const name of foldersIn(folder)) removeTree(join(folder, name));
  rmdirSync(folder);
}

/**
 * Removes what the kubelet and the CNI plugins keep in places that cannot be moved.
 *
 * @param state the cluster's state folder
 * @param root the machine's root; another folder in tests
 */
export function removeFixedPlaces(state: string, root = "/"): void {
  const logs = join(root, "var/log/containers");
  for (const name of namesIn(logs)) {
    const path = join(logs, name);
    if (lstatSync(path).isSymbolicLink() && readlinkSync(path).startsWith(`${state}/`)) rmSync(path);
  }
  const results = join(root, "var/lib/cni/results");
  for (const name of namesIn(results)) {
    // The plugins note there where a pod's network was.
    if (readFileSync(join(results, name), "utf8").includes(`"${state}/`)) rmSync(join(results, name));
  }
  const runtime = join(root, "run/containerd");
  const kubelet = join(root, "var/lib/kubelet");
  for (const name of [
    "device-plugins/kubelet.sock",
    "device-plugins/DEPRECATION",
    "device-plugins/kubelet_internal_checkpoint",
  ]) {
    rmSync(join(kubelet, name), { force: true });
  }
  const cni = join(root, "var/lib/cni");
  const plugins = join(kubelet, "device-plugins");
  for (const folder of [logs, results, cni, plugins, kubelet, join(runtime, "s"), runtime]) {
    removeEmpty(folder);
  }
}

/** Where another cluster keeps something too, or a disk is mounted, a folder stays. */
function removeEmpty(folder: string): void {
  try {
    rmdirSync(folder);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code !== "ENOENT" && code !== "ENOTEMPTY" && code !== "EBUSY") throw error;
  }
}

/** Removes the sockets of containerd's shims that were killed: they are in a place of their own, which each notes. */
export function removeShimSockets(state: string): void {
  const tasks = join(state, "containerd/io.containerd.runtime.v2.task/k8s.io");
  for (const task of foldersIn(tasks)) {
    const file = join(tasks, task, "address");
    if (existsSync(file))
      rmSync(
        readFileSync(file, "utf8")
          .trim()
          .replace(/^unix:\/\//, ""),
        { force: true },
      );
  }
}

function foldersIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? [entry.name] : [],
  );
}

function namesIn(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}
