import { parseRendered, type RenderedObject } from "../../../actions/lib/domain/rendered-objects.ts";
import { UserError } from "../../../actions/lib/domain/user-error.ts";
import { isApplication } from "../../../actions/lib/domain/waves.ts";
import type { ManifestRenderer } from "../../../actions/lib/ports/manifest-renderer.ts";
import type { Kubectl } from "../kubectl.ts";
import { applyObjects } from "./apply-objects.ts";
import { installArgoCd, isSynced } from "./argo-cd.ts";
import {
  neverMade,
  planSourceSecrets,
  type SecretKeys,
  SOURCE_NAMESPACE,
  usesSourceSecrets,
} from "./source-secrets.ts";

export interface BootstrapOptions {
  /** Bound to the cluster, whichever it is. */
  kubectl: Kubectl;
  /** Renders folders of the commit that Argo CD will read. */
  renderer: ManifestRenderer;
  /** Name of the folder below `overlays/`. */
  environment: string;
  log: (line: string) => void;
}

/**
 * Brings a cluster to where Argo CD takes over: the source Secrets with random values, made once; Argo CD; the projects
 * and the root Application. Can be repeated: what is there and right is left alone.
 *
 * @throws UserError when an image was not built, a secret was never made, or Argo CD does not get ready
 */
export async function bootstrap({ kubectl, renderer, environment, log }: BootstrapOptions): Promise<void> {
  const render = async (folder: string): Promise<RenderedObject[]> =>
    parseRendered(await renderer.render(`overlays/${environment}${folder}`));
  const [all, namespaces, argoCd, root] = await Promise.all(
    ["", "/misc/namespaces", "/cicd/argo-cd", "/cicd"].map(render),
  );
  if (!(await isSynced(kubectl, "namespaces"))) await applyObjects(kubectl, namespaces ?? []);
  if (usesSourceSecrets(all ?? [])) await makeSourceSecrets(kubectl, all ?? [], log);
  const applications = (root ?? []).filter(isApplication);
  const projects = (root ?? []).filter((object) => !isApplication(object));
  // Its own policies say whom each part may call; that it may ask for names stands with every namespace's.
  const names = (all ?? []).filter(({ kind, metadata: { name, namespace } }) => {
    return kind === "NetworkPolicy" && name === "default" && namespace === "cicd";
  });
  await installArgoCd(kubectl, [...(argoCd ?? []), ...names], projects, log);
  if (await isSynced(kubectl, "root")) return;
  const rootApplication = applications.filter(({ metadata }) => metadata.name === "root");
  if (rootApplication.length === 0) {
    throw new UserError(`overlays/${environment}/cicd holds no Application \`root\``);
  }
  await applyObjects(kubectl, [...projects, ...rootApplication]);
  log("the root is applied: Argo CD syncs the rest");
}

async function makeSourceSecrets(
  kubectl: Kubectl,
  objects: readonly RenderedObject[],
  log: (line: string) => void,
): Promise<void> {
  for (const { name, isNew, values } of planSourceSecrets(await readKeys(kubectl))) {
    const target = `--namespace=${SOURCE_NAMESPACE}`;
    // What is there goes back as it was read: the API server refuses it when somebody was quicker.
    const secret = isNew
      ? { apiVersion: "v1", kind: "Secret", metadata: { name, namespace: SOURCE_NAMESPACE } }
      : await kubectl.json<object>(["get", "secret", name, target]);
    // By standard input: arguments can be read by anyone on the machine. It is a socket, which no path leads to.
    const stdin = JSON.stringify({ ...secret, stringData: values });
    await kubectl.run([isNew ? "create" : "replace", "--filename=-", target, "--output=name"], { stdin });
    log(`secret ${SOURCE_NAMESPACE}/${name}: made ${Object.keys(values).join(", ")}`);
  }
  const missing = neverMade(objects, await readKeys(kubectl));
  if (missing.length > 0) throw new UserError(missing.join("\n"));
}

async function readKeys(kubectl: Kubectl): Promise<SecretKeys> {
  const { items } = await kubectl.json<{
    items: readonly { metadata: { name: string }; data?: Record<string, string> }[];
  }>(["get", "secrets", `--namespace=${SOURCE_NAMESPACE}`]);
  return new Map(items.map(({ metadata, data }) => [metadata.name, new Set(Object.keys(data ?? {}))]));
}
