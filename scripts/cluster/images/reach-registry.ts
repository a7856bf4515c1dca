import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { ociRegistry } from "../../../actions/lib/adapters/oci-registry.ts";
import { isLoopback, registryHost } from "../../../actions/lib/domain/image-reference.ts";
import { UserError } from "../../../actions/lib/domain/user-error.ts";
import type { ImageBuilder } from "../../../actions/lib/ports/image-builder.ts";
import type { ImageEvidence } from "../../../actions/lib/ports/image-evidence.ts";
import type { ImageRegistry } from "../../../actions/lib/ports/image-registry.ts";
import type { Kubectl } from "../kubectl.ts";

/** Minikube's addon: pods' images come from it by `localhost:5000`, which is the node's own and not this machine's. */
const addon = { namespace: "kube-system", service: "registry", port: 80 } as const;
const forwardSeconds = 20;

/** A registry, and how this machine comes to it. */
export interface ReachedRegistry {
  /** Where it answers here; images are named otherwise. */
  address: string;
  images: ImageRegistry & ImageEvidence;
  /** Lets a builder push there, and pull from there. */
  reach: (builder: ImageBuilder) => ImageBuilder;
  close: () => void;
}

/**
 * Finds the way to the registry of an environment.
 *
 * @param registry as the environment names it
 * @param by `address` when the user named one; `cluster` when there is one that may have the registry inside
 * @throws UserError when what answers is no registry, or nothing does
 */
export async function reachRegistry(
  registry: string,
  by: { address: string | undefined; cluster: Kubectl | undefined },
): Promise<ReachedRegistry> {
  const inside = by.address === undefined && by.cluster !== undefined && isLoopback(registry);
  const forwarded = inside && by.cluster !== undefined ? await forward(by.cluster) : undefined;
  const address = by.address ?? forwarded?.address ?? registry;
  try {
    await mustAnswer(address);
  } catch (error) {
    forwarded?.close();
    throw error;
  }
  return {
    address,
    images: registryUnder(ociRegistry(), registry, address),
    reach: (builder) => builderUnder(builder, registry, address),
    close: () => forwarded?.close(),
  };
}

/** @returns nothing where the cluster has no registry of its own */
async function forward(cluster: Kubectl): Promise<{ address: string; close: () => void } | undefined> {
  const { namespace, port, service } = addon;
  const services = [
    "get",
    "services",
    `--namespace=${namespace}`,
    `--field-selector=metadata.name=${service}`,
  ];
  const { items } = await cluster.json<{ items: unknown[] }>(services);
  if (items.length === 0) return undefined;
  const args = ["port-forward", `--namespace=${namespace}`, `service/${service}`, `:${port}`];
  const child = spawn(cluster.program, [...cluster.cluster, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  const close = (): void => void child.kill();
  process.once("exit", close);
  let said = "";
  child.stderr.on("data", (text) => {
    said += String(text);
  });
  const address = await new Promise<string | undefined>((resolve) => {
    const timer = setTimeout(resolve, forwardSeconds * 1000, undefined);
    child.on("error", () => resolve(undefined)).on("exit", () => resolve(undefined));
    createInterface({ input: child.stdout }).on("line", (line) => {
      const found = /^Forwarding from (127\.0\.0\.1:\d+) /.exec(line)?.[1];
      if (found === undefined) return;
      clearTimeout(timer);
      resolve(found);
    });
  });
  if (address !== undefined) return { address, close };
  close();
  throw new UserError(
    `the cluster's registry, service/${service} in ${namespace}, cannot be reached by \`kubectl port-forward\`` +
      `${said === "" ? "" : `: ${said.trim()}`}; is its pod running?`,
  );
}

/** On a Mac something else answers at port 5000, with a refusal that a look-up would take for "no such image". */
async function mustAnswer(address: string): Promise<void> {
  if (!isLoopback(address)) return;
  const host = registryHost(address);
  const status = await fetch(`http://${host}/v2/`, { signal: AbortSignal.timeout(15_000) }).then(
    (answer) => answer.status,
    () => undefined,
  );
  if (status === 200 || status === 401) return;
  const found = status === undefined ? "nothing answers" : `what answers is no registry (${status})`;
  throw new UserError(
    `${host}: ${found}. For minikube: \`minikube addons enable registry\`, and give --context minikube, which reaches ` +
      "it through the cluster; for kind: start the registry beside it (docs/minikube.md). Where this machine reaches " +
      "the registry by another address, say --registry HOST:PORT",
  );
}

/**
 * The same registry under another name: images are named as the cluster finds them, and sent to where this machine does.
 *
 * @param registry what speaks to registries
 * @param name in references
 * @param address on the wire
 */
export function registryUnder(
  registry: ImageRegistry & ImageEvidence,
  name: string,
  address: string,
): ImageRegistry & ImageEvidence {
  const to = renaming(name, address);
  return {
    digest: (reference) => registry.digest(to(reference)),
    append: (image) =>
      registry.append({
        ...image,
        base: image.base === undefined ? undefined : to(image.base),
        reference: to(image.reference),
      }),
    manifest: (image) => registry.manifest({ ...image, repository: to(image.repository) }),
    blob: (repository, blob) => registry.blob(to(repository), blob),
    has: (repository, digest) => registry.has(to(repository), digest),
    attached: (image, type) => registry.attached({ ...image, repository: to(image.repository) }, type),
    attach: (image, artifact) => registry.attach({ ...image, repository: to(image.repository) }, artifact),
  };
}

function builderUnder(builder: ImageBuilder, name: string, address: string): ImageBuilder {
  const to = renaming(name, address);
  return {
    build: ({ base, context, reference }) =>
      builder.build({ context, base: base === undefined ? undefined : to(base), reference: to(reference) }),
    close: () => builder.close(),
  };
}

function renaming(name: string, address: string): (reference: string) => string {
  return (reference) =>
    reference.startsWith(`${name}/`) ? `${address}${reference.slice(name.length)}` : reference;
}
