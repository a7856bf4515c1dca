import { mkdirSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { UserError } from "../../actions/lib/domain/user-error.ts";
import { awaitReady } from "./await-ready.ts";
import { makeCertificates } from "./certificates.ts";
import { type ClusterPrograms, type Component, configureComponents, notifySocket } from "./components.ts";
import { makeRepository } from "./git/repository.ts";
import { type Kubectl, kubectl } from "./kubectl.ts";
import { makeBridge } from "./machine/bridge.ts";
import { openFirewall } from "./machine/firewall.ts";
import { claimSysctls } from "./machine/sysctls.ts";
import { nodeObjects } from "./node-objects.ts";
import { pauseReference, pushPauseImage } from "./pause-image.ts";
import { type ClusterPlaces, network } from "./places.ts";
import { liftPolicies } from "./policies/enforce.ts";
import { ProcessTable } from "./process-table.ts";

/**
 * Brings up a bare cluster of one node, or what of it does not run.
 *
 * @param options whether NetworkPolicies are enforced
 * @param log takes a line for each process that is started
 * @returns kubectl for it; the node is Ready
 */
export async function startNode(
  places: ClusterPlaces,
  programs: ClusterPrograms & { crane: string },
  options: { policies: boolean },
  log: (line: string) => void,
): Promise<Kubectl> {
  mkdirSync(places.state, { recursive: true, mode: 0o700 });
  claimSysctls(places.machine);
  await makeBridge();
  await openFirewall();
  await makeCertificates(places.pki);
  await makeRepository(places.repository, notifySocket(places));
  const table = new ProcessTable(places);
  const components = configureComponents(places, programs, await pauseReference());
  const start = async (component: Component): Promise<void> => {
    const begun = performance.now();
    const started = await table.ensure(component);
    await awaitReady(component, table, places);
    if (started) log(`${component.name} after ${((performance.now() - begun) / 1000).toFixed(1)} s`);
  };
  const named = (...names: string[]): Component[] => components.filter(({ name }) => names.includes(name));
  const client = kubectl(programs.kubectl, [`--kubeconfig=${places.kubeconfig}`]);
  const pods = (async () => {
    await Promise.all(named("registry", "containerd").map(start));
    await pushPauseImage(programs.crane);
  })();
  const api = (async () => {
    for (const component of named("kine", "apiserver")) await start(component);
    await client.apply(nodeObjects(places.volumes));
  })();
  await Promise.all([pods, api]);
  await Promise.all(
    named("controller-manager", "scheduler", "kubelet", "proxy", "coredns", "git").map(start),
  );
  if (options.policies) await Promise.all(named("policies").map(start));
  else await stopEnforcing(table);
  await awaitNode(client);
  return client;
}

async function stopEnforcing(table: ProcessTable): Promise<void> {
  await table.stop("policies");
  await liftPolicies(network.bridge);
}

interface NodeStatus {
  status?: { conditions?: { type: string; status: string; message: string }[] };
}

async function awaitNode(client: Kubectl, timeoutMs = 120_000): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  for (let last = "it did not register"; ; await sleep(300)) {
    const node = await client.json<NodeStatus>(["get", "node", network.node]).catch(() => undefined);
    const ready = node?.status?.conditions?.find(({ type }) => type === "Ready");
    if (ready?.status === "True") return;
    last = ready?.message ?? last;
    if (Date.now() > deadline) {
      throw new UserError(
        `the node is not Ready after ${timeoutMs / 1000} s: ${last}; see npm run cluster -- logs kubelet`,
      );
    }
  }
}
