import { existsSync, statfsSync } from "node:fs";
import { dirname } from "node:path";
import { cacheRoot } from "kubeconform-wrapper";
import { runProcess } from "../../../actions/lib/adapters/process.ts";
import { type ClusterPlaces, network } from "../places.ts";
import { findForeignRoutes, type MachineFacts, parseListeners } from "../preflight.ts";
import { ProcessTable } from "../process-table.ts";
import { hasBridge } from "./bridge.ts";

/** Reads from this machine what `findObstacles` decides by. */
export async function readFacts(places: ClusterPlaces): Promise<MachineFacts> {
  const isLinux = process.platform === "linux";
  const [listeners, routes, bridge] = isLinux
    ? await Promise.all([output("ss", "-Hlntup"), output("ip", "-4", "route"), hasBridge()])
    : ["", "", false];
  return {
    platform: process.platform,
    isRoot: process.getuid?.() === 0,
    begun: existsSync(places.machine),
    own: new ProcessTable(places).list().map(({ pid }) => pid),
    listeners: parseListeners(listeners),
    hasBridge: bridge,
    foreignRoutes: findForeignRoutes(routes, [network.podCidr, network.serviceCidr], network.bridge),
    freeBytes: isLinux ? [places.state, cacheRoot()].map(freeBytes) : [],
  };
}

async function output(file: string, ...args: string[]): Promise<string> {
  // Where iproute2 is missing yet, nothing can be told; it is installed next.
  const run = await runProcess({ file, args }).catch(() => undefined);
  return run?.stdout.toString() ?? "";
}

function freeBytes(folder: string): { folder: string; bytes: number } {
  const { bavail, bsize } = statfsSync(nearest(folder));
  return { folder, bytes: bavail * bsize };
}

/** The folder itself, or the first above it that exists. */
function nearest(folder: string): string {
  return existsSync(folder) ? folder : nearest(dirname(folder));
}
