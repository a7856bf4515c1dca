import { execFile } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { promisify } from "node:util";

const run = promisify(execFile);

/**
 * What a cluster could leave behind: interfaces, mounts, rules of the firewall, settings of the kernel and
 * control groups.
 *
 * @returns lines, each of which says where it belongs
 */
export async function readMachineState(): Promise<string[]> {
  const [interfaces, mounts, rules, settings, groups] = await Promise.all([
    readdir("/sys/class/net"),
    readFile("/proc/mounts", "utf8").then((text) => text.trim().split("\n")),
    firewallRules(),
    Promise.all(kernelSettings.map((path) => readFile(path, "utf8").catch(() => "not there"))),
    podGroups(),
  ]);
  return [
    ...interfaces.map((name) => `interface ${name}`),
    ...mounts.map((line) => `mount ${line.split(" ").slice(0, 3).join(" ")}`),
    ...rules.map((line) => `firewall ${line}`),
    ...settings.map((value, index) => `${kernelSettings[index]} = ${value.trim()}`),
    ...groups.map((name) => `control group ${name}`),
  ].sort();
}

const kernelSettings = [
  "/proc/sys/net/ipv4/ip_forward",
  "/proc/sys/fs/inotify/max_user_instances",
  "/proc/sys/vm/overcommit_memory",
];

/** Without counters and comments. A chain that a table has by itself comes with the table's first use. */
async function firewallRules(): Promise<string[]> {
  const saved = await run("iptables-save").catch(() => ({ stdout: "" }));
  return saved.stdout.split("\n").filter((line) => line.startsWith("-A"));
}

async function podGroups(): Promise<string[]> {
  const roots = ["/sys/fs/cgroup", "/sys/fs/cgroup/cpu", "/sys/fs/cgroup/memory", "/sys/fs/cgroup/systemd"];
  const found = await Promise.all(
    roots.map(async (folder) => {
      const entries = await readdir(folder).catch(() => []);
      return entries.filter((name) => name.startsWith("kubepods")).map((name) => `${folder}/${name}`);
    }),
  );
  return found.flat();
}

/** What is there now and was not, and the other way round. */
export function compareMachineStates(before: readonly string[], after: readonly string[]): string[] {
  const [was, is] = [new Set(before), new Set(after)];
  return [
    ...after.filter((line) => !was.has(line)).map((line) => `left behind: ${line}`),
    ...before.filter((line) => !is.has(line)).map((line) => `taken away: ${line}`),
  ];
}
