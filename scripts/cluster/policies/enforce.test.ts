import { execFileSync, spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder } from "../../../actions/lib/testing/temporary-folder.ts";
import type { Pod } from "./objects.ts";
import { planRules } from "./plan-rules.ts";

/** A bridge and three pods on it, each a network of its own; in each a server, and a way to ask the others. */
const machine = `set -e
mount -t tmpfs none /run
mkdir -p /run/netns
ip link add br0 type bridge
ip address add 10.9.0.1/24 dev br0
ip link set br0 up; ip link set lo up
echo 1 > /proc/sys/net/bridge/bridge-nf-call-iptables
for n in 2 3 4; do
  ip netns add p$n
  ip link add v$n type veth peer name eth0 netns p$n
  ip link set v$n master br0 up
  ip -n p$n address add 10.9.0.$n/24 dev eth0
  ip -n p$n link set eth0 up; ip -n p$n link set lo up
  ip netns exec p$n "$NODE" -e 'for (const p of [80, 81]) require("net").createServer((s) => s.end()).listen(p)' &
done
"$NODE" -e 'require("net").createServer((s) => s.end()).listen(80, "10.9.0.1")' &
iptables-restore --noflush < "$RULES"
iptables -I FORWARD -i br0 -j WAVEHOUSE-POLICY
iptables -I INPUT -i br0 -j WAVEHOUSE-POLICY
sleep 1
ask() {
  if ip netns exec p$1 timeout 0.5 bash -c "exec 3<>/dev/tcp/10.9.0.$2/$3" 2>/dev/null; then echo "$1>$2:$3 yes"; else echo "$1>$2:$3 no"; fi
}
for from in 2 3 4; do ask $from 2 80; ask $from 2 81; done
ask 3 4 80; ask 4 3 80; ask 4 1 80; ask 3 1 80
if timeout 0.5 bash -c 'exec 3<>/dev/tcp/10.9.0.2/81'; then echo "1>2:81 yes"; fi
kill $(jobs -p)
`;

function canMakeNetworks(): boolean {
  const made = spawnSync("unshare", ["--net", "--mount", "iptables", "-S"], { stdio: "ignore" });
  return process.platform === "linux" && process.getuid?.() === 0 && made.status === 0;
}

const pod = (name: string, podIP: string): Pod => ({
  metadata: { name, namespace: "a", labels: { app: name } },
  spec: { containers: [] },
  status: { podIP, phase: "Running" },
});

test.skipIf(!canMakeNetworks())("the kernel holds what the policies say", async () => {
  const folder = await temporaryFolder();
  const rules = planRules({
    namespaces: [{ metadata: { name: "a" } }],
    pods: [pod("web", "10.9.0.2"), pod("friend", "10.9.0.3"), pod("stranger", "10.9.0.4")],
    policies: [
      {
        metadata: { name: "web", namespace: "a" },
        spec: {
          podSelector: { matchLabels: { app: "web" } },
          ingress: [{ from: [{ podSelector: { matchLabels: { app: "friend" } } }], ports: [{ port: 80 }] }],
        },
      },
      {
        metadata: { name: "stranger", namespace: "a" },
        spec: { podSelector: { matchLabels: { app: "stranger" } }, policyTypes: ["Egress"] },
      },
    ],
  });
  const file = join(folder, "rules");
  writeFileSync(file, rules);
  const told = execFileSync("unshare", ["--net", "--mount", "bash", "-c", machine], {
    env: { ...process.env, RULES: file, NODE: process.execPath },
    encoding: "utf8",
  });
  expect(told.trim().split("\n")).toEqual([
    "2>2:80 yes", // itself
    "2>2:81 yes",
    "3>2:80 yes",
    "3>2:81 no",
    "4>2:80 no",
    "4>2:81 no",
    "3>4:80 yes", // nobody said who may not
    "4>3:80 no",
    "4>1:80 no", // the machine
    "3>1:80 yes",
    "1>2:81 yes", // as the kubelet asks
  ]);
});
