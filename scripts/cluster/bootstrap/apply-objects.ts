import type { RenderedObject } from "../../../actions/lib/domain/rendered-objects.ts";
import type { Kubectl } from "../kubectl.ts";

/**
 * Applies objects in Argo CD's own name: what it keeps from then on has one owner, and a field that leaves Git leaves
 * the cluster too.
 */
export async function applyObjects(kubectl: Kubectl, objects: readonly RenderedObject[]): Promise<void> {
  if (objects.length === 0) return;
  // JSON: what writes YAML 1.2 leaves a bare `no`, which kubectl reads as `false`.
  const stdin = JSON.stringify({ apiVersion: "v1", kind: "List", items: objects });
  const flags = ["--server-side", "--force-conflicts", "--field-manager=argocd-controller"];
  await kubectl.run(["apply", ...flags, "--filename=-"], { stdin, timeoutMs: 120_000 });
}
