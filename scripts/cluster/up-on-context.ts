import { connectValidation } from "../../actions/lib/adapters/connect-validation.ts";
import { parseRendered } from "../../actions/lib/domain/rendered-objects.ts";
import { UserError } from "../../actions/lib/domain/user-error.ts";
import { StepPrinter } from "../demo/print.ts";
import { toolsDir } from "../setup/repository.ts";
import { findMissing, type StorageClass } from "./bootstrap/find-missing.ts";
import { readEnvironment } from "./bootstrap/read-environment.ts";
import { readGitFacts } from "./bootstrap/read-git-facts.ts";
import { findKubectl } from "./find-kubectl.ts";
import { type Kubectl, kubectl } from "./kubectl.ts";
import type { ClusterOptions } from "./options.ts";
import { install } from "./up.ts";

/**
 * Installs Argo CD and the root on a cluster that exists; the rest Argo CD takes from where the environment says. Waits
 * until all of it is healthy.
 *
 * @param context the cluster, as kubectl's configuration names it
 * @param root the checkout, at what Argo CD will read
 * @throws UserError with all that is missing, before anything is changed; or when it does not get healthy
 */
export async function upOnContext(
  context: string,
  root: string,
  { dryRun, environment }: ClusterOptions,
): Promise<void> {
  const print = new StepPrinter();
  const client = kubectl(await findKubectl(), [`--context=${context}`]);
  await print.step("preflight", `the cluster of ${context}, and what Argo CD will read`, () =>
    preflight(client, context, root, environment, (line) => print.line(line)),
  );
  if (dryRun) return;
  await install(client, root, environment, undefined, print);
  print.line();
  for (const line of howToOpen(context)) print.line(line);
}

async function preflight(
  client: Kubectl,
  context: string,
  root: string,
  name: string,
  log: (line: string) => void,
): Promise<void> {
  const version = await client.run(["version", "--request-timeout=10s"]).catch((error: unknown) => {
    throw new UserError(
      `the cluster of the context ${context} cannot be reached: ${error instanceof Error ? error.message : error}; ` +
        "`kubectl config get-contexts` lists the contexts",
    );
  });
  log(version.stdout.toString().trimEnd().split("\n").at(-1) ?? "");
  const environment = await readEnvironment(root, name);
  const { renderer } = connectValidation(root, toolsDir);
  const [stream, classes, git] = await Promise.all([
    renderer.render(`overlays/${name}`),
    client.json<{ items: StorageClass[] }>(["get", "storageclasses"]),
    readGitFacts(root, environment),
  ]);
  const objects = parseRendered(stream);
  const missing = findMissing({ environment, objects, storageClasses: classes.items, git });
  if (missing.length > 0) throw new UserError(missing.join("\n"));
  log(`Argo CD will read overlays/${name} from ${environment.targetRevision} of ${environment.repoURL}`);
  if (git.remote === undefined) log("which cannot be asked from here: is what is here pushed there?");
}

/** The pages of the platform are reached from this machine alone, until somebody gives them an address. */
function howToOpen(context: string): string[] {
  const at = (namespace: string): string => `kubectl --context ${context} --namespace ${namespace}`;
  return [
    `Airflow  ${at("orchestrator")} port-forward service/airflow-api-server 8080`,
    "         http://localhost:8080, user admin, whose password is said by",
    `         ${at("management")} get secret airflow -o go-template='{{index .data "admin-password" | base64decode}}'`,
    `Argo CD  ${at("cicd")} port-forward service/argocd-server 8081:443`,
    "         https://localhost:8081, user admin, whose password is said by",
    `         ${at("cicd")} get secret argocd-initial-admin-secret -o go-template='{{.data.password | base64decode}}'`,
  ];
}
