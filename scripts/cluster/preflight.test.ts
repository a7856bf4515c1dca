import { describe, expect, test } from "vitest";
import {
  findForeignRoutes,
  findObstacles,
  type Listener,
  type MachineFacts,
  parseListeners,
} from "./preflight.ts";

const addresses = ["10.244.0.1", "127.0.0.1"];
const free: MachineFacts = {
  platform: "linux",
  isRoot: true,
  begun: false,
  own: [],
  listeners: [],
  hasBridge: false,
  foreignRoutes: [],
  freeBytes: [{ folder: "/var/lib", bytes: 50 * 1024 ** 3 }],
};
const listener = (change: Partial<Listener>): Listener => ({
  protocol: "tcp",
  address: "127.0.0.1",
  port: 5001,
  program: "node",
  pid: 42,
  ...change,
});

test("nothing is in the way on a machine that is free, nor where the cluster itself runs", () => {
  expect(findObstacles(free, addresses)).toEqual([]);
  const running = { ...free, begun: true, hasBridge: true, own: [42], listeners: [listener({})] };
  expect(findObstacles(running, addresses)).toEqual([]);
});

test.each<[string, Partial<MachineFacts>, string[]]>([
  ["another system", { platform: "darwin" }, ["this is darwin", "--context NAME"]],
  ["no root", { isRoot: false }, ["needs root", "--context NAME"]],
  [
    "a full disk",
    { freeBytes: [{ folder: "/cache", bytes: 3.25 * 1024 ** 3 }] },
    ["/cache has 3.3 GiB free", "WAVEHOUSE_CACHE"],
  ],
  [
    "a taken port",
    { listeners: [listener({})] },
    ["tcp port 5001 (registry) is taken", "node (process 42) listens on 127.0.0.1"],
  ],
  [
    "a port taken everywhere",
    { listeners: [listener({ address: "0.0.0.0", port: 6443, pid: undefined })] },
    ["6443 (apiServer)", "another process"],
  ],
  [
    "a name server",
    { listeners: [listener({ protocol: "udp", address: "*", port: 53 })] },
    ["udp port 53 (dns)"],
  ],
  [
    "a bridge that is not ours",
    { hasBridge: true },
    ["wavehouse0", "ip link delete", "WAVEHOUSE_CLUSTER_DIR"],
  ],
  [
    "another cluster's network",
    { foreignRoutes: ["10.244.0.0/16 dev flannel.1"] },
    ["10.244.0.0/16 dev flannel.1"],
  ],
])("%s is told of in one message", (_, change, parts) => {
  const found = findObstacles({ ...free, ...change }, addresses);
  expect(found).toHaveLength(1);
  for (const part of parts) expect(found[0]).toContain(part);
});

test("another cluster of ours is one message, whatever it takes", () => {
  const listeners = [
    listener({ address: "10.244.0.1", port: 6443 }),
    listener({}),
    listener({ port: 10257 }),
  ];
  const found = findObstacles({ ...free, hasBridge: true, listeners }, addresses);
  expect(found).toHaveLength(1);
  expect(found[0]).toContain("process 42");
  expect(found[0]).toContain("WAVEHOUSE_CLUSTER_DIR");
});

test.each([
  ["on an address that we do not use", { address: "192.0.2.7" }],
  ["on a port that we do not use", { port: 5002 }],
  ["of UDP where we use TCP", { protocol: "udp" as const, port: 5001 }],
])("a listener %s is in nobody's way", (_, change) => {
  expect(findObstacles({ ...free, listeners: [listener(change)] }, addresses)).toEqual([]);
});

test("reads ss, with and without the process's name", () => {
  const text = [
    'tcp   LISTEN 0      4096       127.0.0.1:5001      0.0.0.0:*    users:(("registry",pid=3405,fd=5))',
    "tcp   LISTEN 0      128          0.0.0.0:2024      0.0.0.0:*",
    'udp   UNCONN 0      0      127.0.0.53%lo:53        0.0.0.0:*    users:(("systemd-resolve",pid=7,fd=12))',
    'tcp   LISTEN 0      4096            [::]:6443         [::]:*    users:(("k3s",pid=9,fd=1))',
  ].join("\n");
  expect(parseListeners(text)).toEqual([
    { protocol: "tcp", address: "127.0.0.1", port: 5001, program: "registry", pid: 3405 },
    { protocol: "tcp", address: "0.0.0.0", port: 2024, program: undefined, pid: undefined },
    { protocol: "udp", address: "127.0.0.53", port: 53, program: "systemd-resolve", pid: 7 },
    { protocol: "tcp", address: "[::]", port: 6443, program: "k3s", pid: 9 },
  ]);
});

describe("routes into our networks", () => {
  const networks = ["10.244.0.0/24", "10.96.0.0/16"];
  test.each([
    ["a network around ours", "10.244.0.0/16 dev flannel.1"],
    ["a part of ours", "10.96.3.0/24 via 192.0.2.1 dev eth0"],
    ["one address of ours", "10.244.0.9 dev cali1 scope link"],
  ])("%s is in the way", (_, route) => {
    expect(findForeignRoutes(`default via 192.0.2.1 dev eth0\n${route}\n`, networks, "wavehouse0")).toEqual([
      route,
    ]);
  });
  test.each([
    ["ours", "10.244.0.0/24 dev wavehouse0 proto kernel"],
    ["the way out", "default via 192.0.2.1 dev eth0"],
    ["the next network", "10.244.1.0/24 dev other"],
    ["the machine's", "192.0.2.0/24 dev eth0"],
  ])("%s is not", (_, route) => {
    expect(findForeignRoutes(route, networks, "wavehouse0")).toEqual([]);
  });
});
