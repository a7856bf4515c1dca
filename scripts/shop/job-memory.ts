import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { repositoryRoot } from "../setup/repository.ts";

interface Template {
  kind: string;
  metadata: { labels: Record<string, string> };
  spec: { template: { driver: { memory: string; memoryOverhead: string } } };
}

/** @returns what the templates of the shop's jobs declare for a driver's pod, in MiB, by step */
export function readJobMemory(): Map<string, number> {
  const folder = join(repositoryRoot, "manifests/processing/pipelines/ecommerce");
  const found = readdirSync(folder)
    .filter((name) => name.endsWith(".yaml") && !["access.yaml", "kustomization.yaml"].includes(name))
    .map((name) => parse(readFileSync(join(folder, name), "utf8")) as Template);
  return new Map(
    found.map(({ metadata, spec: { template } }) => {
      const { memory, memoryOverhead } = template.driver;
      return [metadata.labels["wavehouse.dev/step"] ?? "", mebibytes(memory) + mebibytes(memoryOverhead)];
    }),
  );
}

/**
 * @param quantity an amount of memory as Spark (`1g`, `512m`) or Kubernetes (`2Gi`, `2048Mi`) writes it
 * @returns the same in MiB
 * @throws Error for any other text
 */
export function mebibytes(quantity: string): number {
  const [, amount, unit] = /^(\d+)(g|m|Gi|Mi)$/.exec(quantity) ?? [];
  if (amount === undefined) throw new Error(`${quantity}: expected memory such as 1g, 512m, 2Gi or 2048Mi`);
  return Number(amount) * (unit?.toLowerCase().startsWith("g") === true ? 1024 : 1);
}
