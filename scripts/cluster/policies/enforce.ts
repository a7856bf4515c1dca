import { runProcess } from "../../../actions/lib/adapters/process.ts";
import type { ClusterObjects } from "./objects.ts";
import { planRules, policyChain, staleChains } from "./plan-rules.ts";

/** Where pods' traffic passes: to other pods and away, and to this machine. */
function hooks(bridge: string): string[][] {
  return [
    ["FORWARD", "-i", bridge, "-j", policyChain],
    ["FORWARD", "!", "-i", bridge, "-o", bridge, "-j", policyChain],
    ["INPUT", "-i", bridge, "-j", policyChain],
  ];
}

/** Leads no traffic through the policies any more. */
export async function liftPolicies(bridge: string): Promise<void> {
  for (const rule of hooks(bridge)) {
    await runProcess({ file: "iptables", args: ["--wait", "-D", ...rule] }).catch(() => undefined);
  }
}

/**
 * Makes the machine's firewall hold what the NetworkPolicies say.
 *
 * @param objects all that there is in the cluster
 * @param bridge the pods' bridge
 */
export async function enforce(objects: ClusterObjects, bridge: string): Promise<void> {
  const planned = planRules(objects);
  const restore = (stdin: string) =>
    runProcess({ file: "iptables-restore", args: ["--noflush", "--wait"], stdin });
  await restore(planned);
  const saved = await runProcess({ file: "iptables-save", args: ["-t", "filter"] });
  const stale = staleChains(saved.stdout.toString(), planned);
  if (stale.length > 0) {
    const declared = stale.map((chain) => `:${chain} - [0:0]`);
    await restore(["*filter", ...declared, ...stale.map((chain) => `-X ${chain}`), "COMMIT\n"].join("\n"));
  }
  for (const rule of hooks(bridge)) {
    const iptables = (verb: string) => runProcess({ file: "iptables", args: ["--wait", verb, ...rule] });
    // Before all others: what is denied here must not be accepted there.
    await iptables("-C").catch(() => iptables("-I"));
  }
}
