import { existsSync, lstatSync, readdirSync, readlinkSync, rmdirSync, rmSync } from "node:fs";
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
    if (name.startsWith("wavehouse-")) rmSync(join(results, name));
  }
  const kubelet = join(root, "var/lib/kubelet");
  for (const name of [
    "device-plugins/kubelet.sock",
    "device-plugins/DEPRECATION",
    "device-plugins/kubelet_internal_checkpoint",
  ]) {
    rmSync(join(kubelet, name), { force: true });
  }
  // Where another cluster keeps something too, the folders stay.
  for (const folder of [logs, results, join(root, "var/lib/cni"), join(kubelet, "device-plugins"), kubelet]) {
    if (existsSync(folder) && namesIn(folder).length === 0) rmdirSync(folder);
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
