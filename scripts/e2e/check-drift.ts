import { expectThat } from "./checks.ts";
import type { E2e } from "./context.ts";
import type { KubernetesObject } from "./objects.ts";
import { waitForCommit } from "./sync.ts";
import { waitUntil } from "./wait-until.ts";

interface Deployment extends KubernetesObject {
  spec: { replicas: number };
}

const name = "end-to-end-prune";
const namespace = "orchestrator";
const folder = "overlays/local/orchestrator/airflow";

/** Git is what runs: what was edited by hand is put back, and what left Git is pruned. */
export async function checkDrift(e2e: E2e): Promise<void> {
  const { checks, kubectl, clone } = e2e;
  checks.group("drift", "the cluster is what Git says");
  await checks.check("a hand edit of a managed object is put back", async () => {
    const replicas = async () =>
      (await kubectl.find<Deployment>("deployment", "airflow-triggerer", namespace))?.spec.replicas;
    const before = await replicas();
    expectThat(before !== undefined && before > 0, "there is no Deployment airflow-triggerer with a replica");
    await kubectl.run("scale", "deployment/airflow-triggerer", "-n", namespace, "--replicas=0");
    const at = performance.now();
    await waitUntil("the replicas are put back", { timeoutMs: 60_000, everyMs: 200 }, async () => {
      const now = await replicas();
      return now === before ? { done: undefined } : { not: `${now} replicas` };
    });
    return `after ${((performance.now() - at) / 1000).toFixed(1)} s`;
  });
  await checks.check("an object added to Git comes, and removed from Git it is pruned", async () => {
    await clone.edit(`${folder}/${name}.yaml`, () =>
      ["apiVersion: v1", "kind: ConfigMap", `metadata: { name: ${name}, namespace: ${namespace} }`, ""].join(
        "\n",
      ),
    );
    await clone.edit(`${folder}/kustomization.yaml`, (text) =>
      text.replace(/^resources:\n/m, `resources:\n  - ${name}.yaml\n`),
    );
    await waitForCommit(e2e, await clone.push("Add an object"), 120_000);
    const added = await kubectl.find("configmap", name, namespace);
    expectThat(added !== undefined, "the object did not come");
    await clone.restore(`${folder}/kustomization.yaml`, "HEAD~1");
    await clone.remove(`${folder}/${name}.yaml`);
    await waitForCommit(e2e, await clone.push("Remove the object"), 120_000);
    const left = await kubectl.find("configmap", name, namespace);
    expectThat(left === undefined, "the object is still there");
    return undefined;
  });
}
