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

/** Reasons that every pod has for a moment while it starts. */
const usual = ["ContainerCreating", "PodInitializing"];

/** Reads why pods do not start: an image that is nowhere, a Secret that was never made, no room. */
export async function readPodTroubles(kubectl: Kubectl): Promise<string[]> {
  const list = await kubectl
    .json<{ items: TroubledPod[] }>(["get", "pods", "--all-namespaces"])
    .catch(() => ({ items: [] }));
  return findPodTroubles(list.items);
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
        return `${pod}: ${reason}, ${image}${message === undefined ? "" : `: ${firstLine(message)}`}`;
      }),
    ];
  });
  return [...new Set(lines)];
}

function firstLine(text = ""): string {
  return text.split("\n", 1)[0] ?? "";
}
