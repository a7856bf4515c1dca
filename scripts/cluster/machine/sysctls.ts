import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** What the cluster needs of the kernel. */
const wanted: Readonly<Record<string, string>> = {
  "net/ipv4/ip_forward": "1",
  // Without it a pod cannot reach a pod beside it through a Service.
  "net/bridge/bridge-nf-call-iptables": "1",
};

/** What the kubelet and kube-proxy set by themselves. */
const setByOthers = [
  "vm/overcommit_memory",
  "vm/panic_on_oom",
  "kernel/panic",
  "kernel/panic_on_oops",
  "kernel/keys/root_maxkeys",
  "kernel/keys/root_maxbytes",
  "net/ipv4/conf/all/route_localnet",
  "net/netfilter/nf_conntrack_max",
  "net/netfilter/nf_conntrack_tcp_be_liberal",
];

/**
 * Notes the kernel's settings, once, and sets those that the cluster needs.
 *
 * @param file where they are noted; what is noted there is what the machine had before the first try
 * @param root `/proc/sys`; another folder in tests
 */
export function claimSysctls(file: string, root = "/proc/sys"): void {
  if (!existsSync(file)) {
    const names = [...Object.keys(wanted), ...setByOthers].filter((name) => existsSync(join(root, name)));
    const before = Object.fromEntries(
      names.map((name) => [name, readFileSync(join(root, name), "utf8").trim()]),
    );
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    writeFileSync(file, `${JSON.stringify(before, null, 2)}\n`);
  }
  for (const [name, value] of Object.entries(wanted)) {
    if (existsSync(join(root, name))) writeFileSync(join(root, name), value);
  }
}

/** Puts back what was noted; nothing when nothing was. */
export function restoreSysctls(file: string, root = "/proc/sys"): void {
  if (!existsSync(file)) return;
  const before = JSON.parse(readFileSync(file, "utf8")) as Record<string, string>;
  for (const [name, value] of Object.entries(before)) {
    if (readFileSync(join(root, name), "utf8").trim() !== value) writeFileSync(join(root, name), value);
  }
}
