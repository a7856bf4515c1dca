import { runProcess } from "../../../actions/lib/adapters/process.ts";
import { network } from "../places.ts";
import { planIptablesRemoval } from "./plan-iptables-removal.ts";

const { bridge, podCidr } = network;

/** Lets pods through the machine's firewall, and out of it under the machine's address where they ask for more. */
const rules = `*filter
:WAVEHOUSE-FORWARD - [0:0]
-A WAVEHOUSE-FORWARD -i ${bridge} -j ACCEPT
-A WAVEHOUSE-FORWARD -o ${bridge} -j ACCEPT
COMMIT
*nat
:WAVEHOUSE-MASQUERADE - [0:0]
-A WAVEHOUSE-MASQUERADE -s ${podCidr} ! -o ${bridge} -j MASQUERADE
COMMIT
`;

const hooks = [
  ["filter", "FORWARD", "WAVEHOUSE-FORWARD"],
  ["nat", "POSTROUTING", "WAVEHOUSE-MASQUERADE"],
] as const;

/** Sets the machine's own rules; those that are there stay. */
export async function openFirewall(): Promise<void> {
  await runProcess({ file: "iptables-restore", args: ["--noflush", "--wait"], stdin: rules });
  for (const [table, chain, target] of hooks) {
    const rule = [chain, "-j", target];
    const there = await runProcess({ file: "iptables", args: ["-w", "-t", table, "-C", ...rule] }).catch(
      () => undefined,
    );
    if (there === undefined) {
      await runProcess({ file: "iptables", args: ["-w", "-t", table, "-A", ...rule] });
    }
  }
}

/** Takes out everything that the cluster put into the machine's tables. */
export async function clearFirewall(): Promise<void> {
  for (const family of ["iptables", "ip6tables"]) {
    const saved = await runProcess({ file: `${family}-save`, args: [] }).catch(() => undefined);
    const removal = planIptablesRemoval(saved?.stdout.toString() ?? "");
    if (removal === undefined) continue;
    await runProcess({ file: `${family}-restore`, args: ["--noflush", "--wait"], stdin: removal });
  }
}
