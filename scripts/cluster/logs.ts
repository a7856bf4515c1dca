import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { didYouMean } from "../../actions/lib/domain/did-you-mean.ts";
import { UserError } from "../../actions/lib/domain/user-error.ts";
import type { ClusterPlaces } from "./places.ts";

/**
 * Shows the end of a process's log; without a name, which logs there are.
 *
 * @throws UserError when there is no such log
 */
export function showLog(places: ClusterPlaces, component: string | undefined, follow: boolean): void {
  const names = logNames(places.logs);
  if (names.length === 0) throw new UserError(noCluster(places));
  if (component === undefined) {
    process.stdout.write(`${names.join("\n")}\n`);
    return;
  }
  if (!names.includes(component)) {
    const hint = didYouMean(component, names);
    throw new UserError(
      `no ${component} has run here${hint === undefined ? "" : ` (${hint})`}; there are ${names.join(", ")}`,
    );
  }
  const flags = follow ? ["--follow"] : [];
  spawnSync("tail", ["--lines=200", ...flags, join(places.logs, `${component}.log`)], { stdio: "inherit" });
}

/** What to say where no cluster was started. */
export function noCluster({ state }: ClusterPlaces): string {
  return `no cluster has its state in ${state}: npm run cluster -- up starts one (WAVEHOUSE_CLUSTER_DIR says where else it is)`;
}

function logNames(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .flatMap((name) => (name.endsWith(".log") ? [name.slice(0, -".log".length)] : []))
    .sort();
}
