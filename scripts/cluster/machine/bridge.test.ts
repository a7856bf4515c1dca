import { execFileSync, spawnSync } from "node:child_process";
import { expect, test } from "vitest";

/** A bridge with a pod's link, whose network a process still holds; then what `down` does. */
const machine = `set -e
ip link add wavehouse-test type bridge
ip link add v1 type veth peer name p1; ip link set v1 master wavehouse-test
unshare --net sleep 60 & holder=$!
until ip link set p1 netns $holder 2>/dev/null && ! ip link show p1 >/dev/null 2>&1; do sleep 0.05; done
ip link add other type bridge
"$NODE" --input-type=module -e 'const { removeBridge } = await import(process.env.MODULE);
for (const again of [1, 2]) await removeBridge("wavehouse-test")'
ip -brief link show
kill $holder
`;

const canMakeLinks =
  spawnSync("unshare", ["--net", "ip", "link", "add", "v1", "type", "veth"], { stdio: "ignore" }).status ===
  0;

test.skipIf(!canMakeLinks)("the bridge goes with its pods' links, also while their networks last", () => {
  const left = execFileSync("unshare", ["--net", "bash", "-c", machine], {
    env: { ...process.env, NODE: process.execPath, MODULE: new URL("bridge.ts", import.meta.url).href },
    encoding: "utf8",
  });
  const names = left.split("\n").map((line) => line.split(/[\s@]/)[0] ?? "");
  expect(names).toContain("other");
  expect(names).not.toContain("wavehouse-test");
  expect(names).not.toContain("v1");
});
