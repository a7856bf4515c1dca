import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { cacheRoot } from "kubeconform-wrapper";
import { runProcess } from "../../actions/lib/adapters/process.ts";
import { UserError } from "../../actions/lib/domain/user-error.ts";
import { exclusively } from "./exclusively.ts";
import { removeBridge } from "./machine/bridge.ts";
import { clearFirewall } from "./machine/firewall.ts";
import { removeFixedPlaces, removePodGroups, removeShimSockets } from "./machine/leftovers.ts";
import { unmountUnder } from "./machine/mounts.ts";
import { endPodProcesses } from "./machine/pod-processes.ts";
import { restoreSysctls } from "./machine/sysctls.ts";
import type { ClusterPlaces } from "./places.ts";
import { ProcessTable } from "./process-table.ts";

/**
 * Ends the cluster, however far it came up and however it stopped, and leaves the machine as it was before. Caches
 * stay: images, layers, built programs.
 *
 * @returns false when there was nothing to end
 * @throws UserError when another command is at work, or something could not be undone; another `down` tries again
 */
export function down(places: ClusterPlaces, log: (line: string) => void): Promise<boolean> {
  return exclusively(places, "down", () => takeDown(places, log));
}

async function takeDown(places: ClusterPlaces, log: (line: string) => void): Promise<boolean> {
  if (!existsSync(places.machine)) return false;
  if (process.getuid?.() !== 0) throw new UserError("ending the cluster needs root, as starting it did");
  const table = new ProcessTable(places);
  const images = join(cacheRoot(), "cluster", "containerd");
  const problems: string[] = [];
  const attempt = async (what: string, work: () => unknown): Promise<void> => {
    try {
      await work();
      log(what);
    } catch (error) {
      problems.push(`${what}: ${error instanceof Error ? error.message : String(error)}`);
    }
  };
  const others = table.list().flatMap(({ name }) => (name === "containerd" ? [] : [name]));
  // First the kubelet: it would start what is ended.
  await attempt("processes ended", async () => {
    await table.stop("kubelet");
    await Promise.all(others.map((name) => table.stop(name)));
  });
  await attempt("pods ended", () => endPodProcesses(places.containerdSocket));
  await attempt("sockets removed", () => removeShimSockets(places.state));
  await attempt("containers forgotten", () => forgetContainers(places.containerdSocket));
  await attempt("containerd ended", () => table.stop("containerd"));
  await attempt("mounts removed", () => unmountUnder([places.state, images]));
  await attempt("control groups removed", () => removePodGroups());
  await attempt("firewall's rules removed", () => clearFirewall());
  await attempt("bridge removed", () => removeBridge());
  await attempt("files elsewhere removed", () => removeFixedPlaces(places.state));
  await attempt("kernel's settings put back", () => restoreSysctls(places.machine));
  if (problems.length > 0) {
    throw new UserError(`not all could be undone; mend it and run down again:\n  ${problems.join("\n  ")}`);
  }
  rmSync(places.state, { recursive: true, force: true });
  return true;
}

/** Images stay in containerd's store; the containers in it would be the next cluster's. */
async function forgetContainers(socket: string): Promise<void> {
  const ctr = (...args: string[]) =>
    runProcess({ file: "ctr", args: ["--address", socket, "--namespace", "k8s.io", ...args] });
  // Where containerd is gone, the next kubelet removes them.
  const listed = await ctr("--connect-timeout", "2s", "containers", "list", "--quiet").catch(() => undefined);
  const names =
    listed?.stdout
      .toString()
      .split("\n")
      .filter((name) => name !== "") ?? [];
  for (const name of names) await ctr("tasks", "delete", "--force", name).catch(() => undefined);
  if (names.length > 0) await ctr("containers", "delete", ...names);
}
