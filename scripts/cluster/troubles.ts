import type { Kubectl } from "./kubectl.ts";

interface ContainerState {
  name: string;
  image: string;
  state: { waiting?: { reason?: string; message?: string } };
}

/** A pod, as far as it tells what it waits for. */
export interface TroubledPod {
  metadata: { name: string; namespace: string };
  status?: {
    conditions?: { type: string; status: string; reason?: string; message?: string }[];
    initContainerStatuses?: ContainerState[];
    containerStatuses?: ContainerState[];
  };
}

/** An ExternalSecret, as far as it tells whether its Secret could be made. */
export interface TroubledExternalSecret {
  metadata: { name: string; namespace: string };
  status?: { conditions?: { type: string; status: string; message?: string }[] };
}

/** An event that tells why. */
export interface Warning {
  involvedObject: { namespace?: string; name: string };
  message: string;
}

/** Reasons that every pod has for a moment while it starts. */
const usual = ["ContainerCreating", "PodInitializing"];

/** What to do, by the reason that Kubernetes gives. */
const advice: Readonly<Record<string, string>> = {
  ErrImagePull:
    "name an image that the registry has; `npm run cluster -- up` builds what this repository builds",
  ImagePullBackOff:
    "name an image that the registry has; `npm run cluster -- up` builds what this repository builds",
  InvalidImageName:
    "the image is not built yet: `npm run cluster -- up` builds it and names it in the overlay",
  CreateContainerConfigError: "make what the pod names, or mend the name; ExternalSecrets make most Secrets",
};

/**
 * Reads what keeps the platform from coming up: an image that is nowhere, a Secret that was never made, no room.
 *
 * @returns one line for each, with what to do where that is known
 */
export async function readTroubles(kubectl: Kubectl): Promise<string[]> {
  const list = <T>(kind: string, ...flags: readonly string[]): Promise<{ items: T[] }> =>
    kubectl.json<{ items: T[] }>(["get", kind, "--all-namespaces", ...flags]).catch(() => ({ items: [] }));
  const [secrets, warnings, pods] = await Promise.all([
    list<TroubledExternalSecret>("externalsecrets.external-secrets.io"),
    list<Warning>("events", "--field-selector=involvedObject.kind=ExternalSecret,type=Warning"),
    list<TroubledPod>("pods"),
  ]);
  return [...findSecretTroubles(secrets.items, warnings.items), ...findPodTroubles(pods.items)];
}

/** Tells which Secrets could not be made of their source. */
export function findSecretTroubles(
  secrets: readonly TroubledExternalSecret[],
  warnings: readonly Warning[] = [],
): string[] {
  return secrets.flatMap(({ metadata, status = {} }) => {
    const ready = (status.conditions ?? []).find(({ type }) => type === "Ready");
    if (ready === undefined || ready.status === "True") return [];
    const why = warnings.findLast(({ involvedObject: { namespace, name } }) => {
      return namespace === metadata.namespace && name === metadata.name;
    });
    return `ExternalSecret ${metadata.namespace}/${metadata.name}: ${firstLine(why?.message ?? ready.message)}; make it in the source, or mend the name`;
  });
}

/**
 * Tells why pods do not start.
 *
 * @returns one line a pod and reason, without those that every starting pod has
 */
export function findPodTroubles(pods: readonly TroubledPod[]): string[] {
  const lines = pods.flatMap(({ metadata, status = {} }) => {
    const pod = `${metadata.namespace}/${metadata.name}`;
    const unscheduled = (status.conditions ?? []).filter(
      ({ type, status: value, reason }) =>
        type === "PodScheduled" && value === "False" && reason === "Unschedulable",
    );
    const containers = [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])];
    return [
      ...unscheduled.map(({ message }) => `${pod}: ${firstLine(message)}`),
      ...containers.flatMap(({ image, state }) => {
        const { message, reason = "" } = state.waiting ?? {};
        if (reason === "" || usual.includes(reason)) return [];
        const said = message === undefined ? "" : `: ${firstLine(message)}`;
        const todo = advice[reason] === undefined ? "" : `; ${advice[reason]}`;
        return `${pod}: ${reason}, ${image}${said}${todo}`;
      }),
    ];
  });
  return [...new Set(lines)];
}

function firstLine(text = ""): string {
  return text.split("\n", 1)[0] ?? "";
}
