import { connectValidation } from "../../actions/lib/adapters/connect-validation.ts";
import { UserError } from "../../actions/lib/domain/user-error.ts";
import { silentLogger } from "../../actions/lib/testing/silent-logger.ts";
import { StepPrinter } from "../demo/print.ts";
import { repositoryRoot, toolsDir } from "../setup/repository.ts";
import { awaitApplications } from "./await-applications.ts";
import { bootstrap } from "./bootstrap/bootstrap.ts";
import { buildImages } from "./build-images.ts";
import { exclusively } from "./exclusively.ts";
import { publish, takeWorkingTree } from "./git/publish.ts";
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
 * @throws UserError when something is in the way, another command is at work, or something does not get ready
 */
export async function up(places: ClusterPlaces, options: ClusterOptions): Promise<void> {
  if (options.dryRun) await bringUp(places, options);
  else await exclusively(places, "up", () => bringUp(places, options));
}

async function bringUp(places: ClusterPlaces, options: ClusterOptions): Promise<void> {
  const started = performance.now();
  const print = new StepPrinter();
  const log = (line: string): void => print.line(line);
  await print.step("preflight", "what would be in the way", () => preflight(places, log));
  if (options.dryRun) return;
  await print.step("packages", "what Debian has", () => installPackages(log));
  const programs = await print.step("programs", "from pinned Go modules; built once", () =>
    preparePrograms(),
  );
  const client = await print.step("cluster", "one node, a registry and a Git server on this machine", () =>
    startNode(places, programs, options, log),
  );
  if (!options.bare) {
    const commit = await deliver(places, options, print);
    await install(client, places.clone, options.environment, commit, print);
  }
  print.line();
  print.line(`${((performance.now() - started) / 1000).toFixed(1)} s in all`);
  print.line(`export KUBECONFIG=${places.kubeconfig}  # kubectl: ${client.program}`);
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

/** Brings the working tree, with the images that it makes, to where Argo CD reads it. */
async function deliver(
  places: ClusterPlaces,
  { environment }: ClusterOptions,
  print: StepPrinter,
): Promise<string> {
  const log = (line: string): void => print.line(line);
  await print.step("commit", "the checkout as it is, in a clone of its own", () =>
    takeWorkingTree(repositoryRoot, places),
  );
  const images = await print.step("images", "built once, by what goes in", () =>
    buildImages(places.clone, log),
  );
  return print.step("push", `images: in overlays/${environment}, one commit, to the Git server`, async () => {
    const commit = await publish(environment, images, places, silentLogger());
    log(`${images.length} images are named, and main is at ${commit.slice(0, 12)}`);
    return commit;
  });
}

/** Installs Argo CD and the root, and waits for all that they bring. */
export async function install(
  kubectl: Kubectl,
  root: string,
  environment: string,
  commit: string | undefined,
  print: StepPrinter,
): Promise<void> {
  const log = (line: string): void => print.line(line);
  const { renderer } = connectValidation(root, toolsDir);
  await print.step("bootstrap", "secrets, Argo CD, the root", () =>
    bootstrap({ kubectl, renderer, environment, log }),
  );
  await print.step("sync", "Argo CD, wave by wave", () => awaitApplications(kubectl, commit, log));
}
