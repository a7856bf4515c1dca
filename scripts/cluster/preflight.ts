import { ports } from "./places.ts";

/** What of the machine decides whether a cluster can come up. */
export interface MachineFacts {
  platform: string;
  isRoot: boolean;
  /** Whether this checkout's state folder belongs to a cluster that was begun. */
  begun: boolean;
  /** Our own processes that run. */
  own: readonly number[];
  listeners: readonly Listener[];
  /** Whether there is a link of the bridge's name. */
  hasBridge: boolean;
  /** Routes that lead to a part of the cluster's networks by another link. */
  foreignRoutes: readonly string[];
  freeBytes: { folder: string; bytes: number }[];
}

/** A process that waits for connections on this machine. */
export interface Listener {
  protocol: "tcp" | "udp";
  address: string;
  port: number;
  /** Unknown where the kernel does not tell. */
  program: string | undefined;
  pid: number | undefined;
}

/** Images, their layers unpacked, and what is built on the way. */
const wantedGiB = 10;
const gib = 1024 ** 3;

/**
 * Decides whether a cluster can come up on this machine.
 *
 * @param addresses the addresses that the cluster's servers listen on
 * @returns one message for each thing in the way, each with what to do; none when nothing is
 */
export function findObstacles(facts: MachineFacts, addresses: readonly string[]): string[] {
  const elsewhere = "or use a cluster that exists (minikube, kind): npm run cluster -- up --context NAME";
  if (facts.platform !== "linux") {
    return [
      `a cluster of its own needs Linux, and this is ${facts.platform}: use a Linux machine, ${elsewhere}`,
    ];
  }
  if (!facts.isRoot) {
    return [`a cluster of its own needs root (containers, a bridge, packages): run it as root, ${elsewhere}`];
  }
  const other = findOtherCluster(facts, addresses);
  if (other !== undefined) return [other];
  return [
    ...findFullDisks(facts.freeBytes),
    ...findTakenPorts(facts, addresses),
    ...findForeignNetwork(facts),
  ];
}

/** All of its ports would be told of one by one. */
function findOtherCluster(
  { begun, hasBridge, listeners }: MachineFacts,
  addresses: readonly string[],
): string | undefined {
  if (begun || !hasBridge) return undefined;
  const server = listeners.find(
    ({ address, port }) => port === ports.apiServer && addresses.includes(address),
  );
  if (server === undefined) return undefined;
  return (
    `a cluster of another checkout or state folder is up on this machine (its API server is process ${server.pid ?? "?"}): ` +
    "use it with its WAVEHOUSE_CLUSTER_DIR, or end it there with npm run cluster -- down"
  );
}

function findFullDisks(disks: MachineFacts["freeBytes"]): string[] {
  return disks
    .filter(({ bytes }) => bytes < wantedGiB * gib)
    .map(
      ({ folder, bytes }) =>
        `${folder} has ${(bytes / gib).toFixed(1)} GiB free, and the cluster needs ${wantedGiB} GiB: free some, or move it ` +
        "with WAVEHOUSE_CACHE (caches) and WAVEHOUSE_CLUSTER_DIR (state)",
    );
}

function findTakenPorts(facts: MachineFacts, addresses: readonly string[]): string[] {
  const wildcards = ["0.0.0.0", "*", "[::]"];
  const wanted: readonly number[] = Object.values(ports);
  const taken = facts.listeners.filter(
    ({ address, port, pid, protocol }) =>
      wanted.includes(port) &&
      (protocol === "tcp" || port === ports.dns) &&
      (wildcards.includes(address) || addresses.includes(address)) &&
      !(pid !== undefined && facts.own.includes(pid)),
  );
  return taken.map(({ address, port, program, pid, protocol }) => {
    const who = pid === undefined ? "another process" : `${program ?? "a process"} (process ${pid})`;
    const use = Object.entries(ports).find(([, number]) => number === port)?.[0];
    return `${protocol} port ${port} (${use}) is taken: ${who} listens on ${address}; stop it and try again`;
  });
}

function findForeignNetwork({ begun, hasBridge, foreignRoutes }: MachineFacts): string[] {
  const found = foreignRoutes.map(
    (route) =>
      `the cluster's network is in use: there is a route ${route}; stop what made it (another cluster?) and try again`,
  );
  if (hasBridge && !begun) {
    found.push(
      "there is a link wavehouse0, and no state of a cluster that would have made it: " +
        "remove it (ip link delete wavehouse0), or say where the state is with WAVEHOUSE_CLUSTER_DIR",
    );
  }
  return found;
}

/**
 * Reads what `ss -Hlntup` writes.
 *
 * @returns the listeners; lines of another form are left out
 */
export function parseListeners(text: string): Listener[] {
  return text.split("\n").flatMap((line) => {
    const [protocol, , , , local = "", , users = ""] = line.trim().split(/\s+/);
    const colon = local.lastIndexOf(":");
    if ((protocol !== "tcp" && protocol !== "udp") || colon < 0) return [];
    const [, program, pid] = /\("([^"]*)",pid=(\d+)/.exec(users) ?? [];
    return {
      protocol,
      address: local.slice(0, colon).replace(/%.*$/, ""),
      port: Number(local.slice(colon + 1)),
      program,
      pid: pid === undefined ? undefined : Number(pid),
    };
  });
}

/**
 * Finds the routes that lead into one of our networks by another link than ours.
 *
 * @param text what `ip -4 route` wrote
 * @param networks in CIDR notation
 * @param bridge our link
 */
export function findForeignRoutes(text: string, networks: readonly string[], bridge: string): string[] {
  return text.split("\n").flatMap((line) => {
    const [destination = ""] = line.trim().split(/\s+/);
    if (!/^\d/.test(destination) || line.includes(` dev ${bridge}`)) return [];
    return networks.some((network) => overlap(network, destination)) ? [line.trim()] : [];
  });
}

function overlap(one: string, other: string): boolean {
  const [a, b] = [parseCidr(one), parseCidr(other)];
  const mask = Math.min(a.length, b.length) === 0 ? 0 : (-1 << (32 - Math.min(a.length, b.length))) >>> 0;
  return (a.address & mask) >>> 0 === (b.address & mask) >>> 0;
}

function parseCidr(text: string): { address: number; length: number } {
  const [address = "", length = "32"] = text.split("/");
  return {
    address: address.split(".").reduce((sum, part) => ((sum << 8) | Number(part)) >>> 0, 0),
    length: Number(length),
  };
}
