import type { Kubectl as ClusterKubectl } from "../cluster/kubectl.ts";
import type { KubernetesObject } from "./objects.ts";

const timeoutMs = 60_000;

/** kubectl, as the checks speak with it. */
export class Kubectl {
  /** The same, as the cluster's own verbs speak with it. */
  readonly cluster: ClusterKubectl;

  constructor(cluster: ClusterKubectl) {
    this.cluster = cluster;
  }

  /**
   * Runs kubectl.
   *
   * @returns what it printed
   * @throws ProcessError with what it said when it fails, or takes longer than a minute
   */
  async run(...args: readonly string[]): Promise<string> {
    return (await this.cluster.run(args, { timeoutMs })).stdout.toString();
  }

  /** Makes objects; throws when one is there already. */
  async create(objects: readonly object[]): Promise<void> {
    const stdin = JSON.stringify({ apiVersion: "v1", kind: "List", items: objects });
    await this.cluster.run(["create", "--filename=-"], { stdin, timeoutMs });
  }

  /**
   * Reads a collection of objects.
   *
   * @param kind as kubectl names it, for instance `pods`
   * @param args the namespace or `--all-namespaces`, and selectors
   */
  async list<T extends KubernetesObject>(kind: string, ...args: readonly string[]): Promise<T[]> {
    return (await this.cluster.json<{ items: T[] }>(["get", kind, ...args])).items;
  }

  /** Reads one object; undefined when there is none. */
  async find<T extends KubernetesObject>(
    kind: string,
    name: string,
    namespace: string,
  ): Promise<T | undefined> {
    const text = await this.run("get", kind, name, "-n", namespace, "--ignore-not-found", "-o", "json");
    return text.trim() === "" ? undefined : (JSON.parse(text) as T);
  }
}
