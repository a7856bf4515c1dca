import { existsSync } from "node:fs";
import { UserError } from "../../actions/lib/domain/user-error.ts";
import { findKubectl } from "./find-kubectl.ts";
import { type Kubectl, kubectl } from "./kubectl.ts";
import { noCluster } from "./logs.ts";
import type { ClusterOptions } from "./options.ts";
import type { ClusterPlaces } from "./places.ts";
import { ProcessTable } from "./process-table.ts";
import { readApplications, renderApplications, renderProcesses } from "./status.ts";
import { readTroubles } from "./troubles.ts";

/**
 * Prints what runs.
 *
 * @throws UserError when there is no cluster
 */
export async function showStatus(
  places: ClusterPlaces,
  { context }: ClusterOptions,
  print: (line: string) => void,
): Promise<void> {
  if (context === undefined) {
    if (!existsSync(places.machine)) throw new UserError(noCluster(places));
    for (const line of renderProcesses(new ProcessTable(places))) print(line);
    print(`logs: ${places.logs}\n`);
  }
  const cluster = context === undefined ? `--kubeconfig=${places.kubeconfig}` : `--context=${context}`;
  const client = kubectl(await findKubectl(), [cluster]);
  for (const line of (await readNodes(client)).concat("")) print(line);
  const applications = await readApplications(client);
  const lines = applications.length === 0 ? ["no Applications"] : renderApplications(applications);
  for (const line of [...lines, ...(await readTroubles(client))]) print(line);
}

async function readNodes(client: Kubectl): Promise<string[]> {
  const flags = ["--request-timeout=5s"];
  const nodes = await client.run(["get", "nodes", ...flags]).catch((error: unknown) => {
    throw new UserError(`the API server does not answer: ${error instanceof Error ? error.message : error}`);
  });
  return nodes.stdout.toString().trimEnd().split("\n");
}
