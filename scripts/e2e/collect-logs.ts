import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Checks } from "./checks.ts";
import type { Kubectl } from "./kubectl.ts";
import type { Pod } from "./objects.ts";

/** What a container wrote. */
export interface ContainerLog {
  /** `namespace/pod/container`. */
  name: string;
  text: string;
}

/** Reads the logs of every container there is, those of its earlier run too. */
export async function containerLogs(kubectl: Kubectl): Promise<ContainerLog[]> {
  const pods = await kubectl.list<Pod>("pods", "--all-namespaces");
  const logs: ContainerLog[] = [];
  for (const { metadata, spec } of pods) {
    for (const { name } of [...(spec.initContainers ?? []), ...spec.containers]) {
      for (const earlier of [[], ["--previous"]]) {
        const where = ["-n", metadata.namespace ?? "", metadata.name, "-c", name];
        // One that has not started, or never ran before, has no log.
        const text = await kubectl.run("logs", ...where, ...earlier).catch(() => "");
        const suffix = earlier.length > 0 ? " (previous)" : "";
        if (text !== "") logs.push({ name: `${metadata.namespace}/${metadata.name}/${name}${suffix}`, text });
      }
    }
  }
  return logs;
}

/**
 * Keeps all that could tell why a check failed in one folder, with an index. Values of secrets are struck out.
 *
 * @param folder that is made
 * @param hostLogs where the cluster's own processes write
 * @param secrets texts that must not be kept
 */
export async function collectLogs(
  folder: string,
  { kubectl, checks }: { kubectl: Kubectl; checks: Checks },
  hostLogs: string,
  secrets: readonly string[],
): Promise<void> {
  mkdirSync(join(folder, "pods"), { recursive: true, mode: 0o700 });
  cpSync(hostLogs, join(folder, "host"), { recursive: true });
  const write = (name: string, text: string): void => {
    const clean = secrets.reduce((kept, secret) => kept.replaceAll(secret, "•••"), text);
    writeFileSync(join(folder, name), clean);
  };
  const ask = async (name: string, ...args: readonly string[]): Promise<void> => {
    write(name, await kubectl.run(...args).catch((error: unknown) => String(error)));
  };
  await ask("events.txt", "get", "events", "--all-namespaces", "--sort-by=.lastTimestamp");
  await ask("pods.txt", "get", "pods", "--all-namespaces", "-o", "wide");
  await ask("describe-pods.txt", "describe", "pods", "--all-namespaces");
  await ask("applications.yaml", "get", "applications.argoproj.io", "-n", "cicd", "-o", "yaml");
  await ask("sparkapplications.yaml", "get", "sparkapplications", "-n", "processing", "-o", "yaml");
  const logs = await containerLogs(kubectl).catch(() => []);
  for (const { name, text } of logs) write(join("pods", `${name.replaceAll("/", "--")}.log`), text);
  const failed = checks.failed.map(
    ({ group, what, seconds }) => `- ${group}: ${what} (${seconds.toFixed(1)} s)`,
  );
  write(
    "index.md",
    [
      "# What failed",
      "",
      ...failed,
      "",
      "# What is here",
      "",
      "- `applications.yaml`: what Argo CD says of each Application, its conditions and its last operation",
      "- `events.txt`, `pods.txt`, `describe-pods.txt`: what Kubernetes says",
      "- `sparkapplications.yaml`: the jobs that were there",
      "- `pods/`: the log of every container, and of its run before",
      "- `host/`: the logs of the cluster's own processes",
      "",
    ].join("\n"),
  );
}
