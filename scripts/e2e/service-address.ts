import { CheckFailure } from "./checks.ts";
import type { Kubectl } from "./kubectl.ts";
import type { KubernetesObject } from "./objects.ts";

interface Service extends KubernetesObject {
  spec: { clusterIP: string; ports: { port: number }[] };
}

/**
 * The address of a Service as this machine reaches it: it is the cluster's node.
 *
 * @returns `http://<cluster IP>:<first port>`
 * @throws CheckFailure when there is none
 */
export async function serviceAddress(kubectl: Kubectl, name: string, namespace: string): Promise<string> {
  const service = await kubectl.find<Service>("service", name, namespace);
  if (service === undefined) throw new CheckFailure(`there is no Service ${name} in ${namespace}`);
  return `http://${service.spec.clusterIP}:${service.spec.ports[0]?.port}`;
}
