import { UserError } from "../../actions/lib/domain/user-error.ts";
import { StepPrinter } from "../demo/print.ts";
import type { Kubectl } from "./kubectl.ts";
import { installPackages, missingPackages } from "./machine/packages.ts";
import { readFacts } from "./machine/read-facts.ts";
import type { ClusterOptions } from "./options.ts";
import { type ClusterPlaces, network } from "./places.ts";
import { findObstacles } from "./preflight.ts";
import { preparePrograms } from "./programs.ts";
import { startNode } from "./start-node.ts";

/**
 * Brings the platform up on this machine, or what of it is missing.
 *
 * @param places where its state goes
 * @throws UserError when something is in the way, or does not get ready
 */
export async function up(places: ClusterPlaces, options: ClusterOptions): Promise<Kubectl | undefined> {
  const print = new StepPrinter();
  const log = (line: string): void => print.line(line);
  await print.step("preflight", "what would be in the way", () => preflight(places, log));
  if (options.dryRun) return undefined;
  await print.step("packages", "what Debian has", () => installPackages(log));
  const programs = await print.step("programs", "from pinned Go modules; built once", () =>
    preparePrograms(),
  );
  const kubectl = await print.step("cluster", "one node, a registry and a Git server on this machine", () =>
    startNode(places, programs, log),
  );
  print.line();
  print.line(`export KUBECONFIG=${places.kubeconfig}  # kubectl: ${programs.kubectl}`);
  return kubectl;
}

async function preflight(places: ClusterPlaces, log: (line: string) => void): Promise<void> {
  const facts = await readFacts(places);
  const obstacles = findObstacles(facts, [network.host, "127.0.0.1", "[::1]"]);
  if (obstacles.length > 0) throw new UserError(obstacles.join("\n"));
  const missing = missingPackages();
  if (missing.length > 0) log(`to be installed: ${missing.join(", ")}`);
  log(
    facts.begun
      ? `a cluster is in ${places.state}: it is used, and mended where it must`
      : "nothing is in the way",
  );
}
