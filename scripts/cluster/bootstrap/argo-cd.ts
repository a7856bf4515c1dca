import { setTimeout as sleep } from "node:timers/promises";
import { ProcessError } from "../../../actions/lib/adapters/process.ts";
import { imageFields } from "../../../actions/lib/domain/image-fields.ts";
import type { RenderedObject } from "../../../actions/lib/domain/rendered-objects.ts";
import { UserError } from "../../../actions/lib/domain/user-error.ts";
import type { Kubectl } from "../kubectl.ts";
import { applyObjects } from "./apply-objects.ts";

const NAMESPACE = "cicd";
const READY_SECONDS = 180;
const ESTABLISHED_SECONDS = 60;

/**
 * Installs Argo CD as Git holds it, unless it is there and keeps itself already.
 *
 * @param objects what `cicd/argo-cd` of the environment renders to
 * @param projects its AppProjects: there before its server, which would make one that allows everything
 * @throws UserError when an image was not built yet, or a part of it does not get ready
 */
export async function installArgoCd(
  kubectl: Kubectl,
  objects: readonly RenderedObject[],
  projects: readonly RenderedObject[],
  log: (line: string) => void,
): Promise<void> {
  const workloads = objects.filter(({ kind }) => kind === "Deployment" || kind === "StatefulSet");
  if ((await isSynced(kubectl, "argo-cd")) && (await areReady(kubectl, workloads))) {
    log("Argo CD is there, and keeps itself as Git says");
    return;
  }
  const unbuilt = [...new Set(objects.flatMap(imageFields).map(({ image }) => image))].filter((image) =>
    image.endsWith(":unbuilt"),
  );
  if (unbuilt.length > 0) {
    throw new UserError(`${unbuilt.join(", ")}: not built yet; build the images and bump the overlay first`);
  }
  const crds = objects.filter(({ kind }) => kind === "CustomResourceDefinition");
  await applyObjects(kubectl, crds);
  await awaitEstablished(
    kubectl,
    crds.map(({ metadata }) => metadata.name),
  );
  await applyObjects(kubectl, projects);
  await applyObjects(
    kubectl,
    objects.filter((object) => !crds.includes(object)),
  );
  log("Argo CD is applied");
  await Promise.all(workloads.map((workload) => awaitReady(kubectl, workload)));
  log("Argo CD is ready");
}

/** `kubectl wait` fails on one that has no condition yet. */
async function awaitEstablished(kubectl: Kubectl, names: readonly string[]): Promise<void> {
  const deadline = Date.now() + ESTABLISHED_SECONDS * 1000;
  for (;;) {
    const { items } = await kubectl.json<{ items: Definition[] }>(["get", "customresourcedefinitions"]);
    const established = new Set(items.filter(isEstablished).map(({ metadata }) => metadata.name));
    const waiting = names.filter((name) => !established.has(name));
    if (waiting.length === 0) return;
    if (Date.now() > deadline) {
      throw new UserError(
        `the API server did not take these kinds up in ${ESTABLISHED_SECONDS} s: ${waiting.join(", ")}; run it again`,
      );
    }
    await sleep(200);
  }
}

interface Definition {
  metadata: { name: string };
  status?: { conditions?: { type: string; status: string }[] };
}

function isEstablished({ status }: Definition): boolean {
  return status?.conditions?.some((one) => one.type === "Established" && one.status === "True") === true;
}

/** Whether an Application of that name is there, and Argo CD says that it is as Git holds it. */
export async function isSynced(kubectl: Kubectl, application: string): Promise<boolean> {
  const args = ["get", "applications.argoproj.io", application, `--namespace=${NAMESPACE}`];
  try {
    const { status } = await kubectl.json<{ status?: { sync?: { status?: string } } }>(args);
    return status?.sync?.status === "Synced";
  } catch (error) {
    // No such Application, or not even the kind.
    if (error instanceof ProcessError && /NotFound|doesn't have a resource type/.test(error.stderr))
      return false;
    throw error;
  }
}

async function areReady(kubectl: Kubectl, workloads: readonly RenderedObject[]): Promise<boolean> {
  const looks = workloads.map(({ kind, metadata }) =>
    kubectl.run([
      "rollout",
      "status",
      `${kind}/${metadata.name}`,
      `--namespace=${NAMESPACE}`,
      "--watch=false",
    ]),
  );
  const told = await Promise.allSettled(looks);
  return told.every(
    (look) => look.status === "fulfilled" && /successfully|complete/.test(String(look.value.stdout)),
  );
}

async function awaitReady(kubectl: Kubectl, { kind, metadata }: RenderedObject): Promise<void> {
  const workload = `${kind}/${metadata.name}`;
  const args = ["rollout", "status", workload, `--namespace=${NAMESPACE}`, `--timeout=${READY_SECONDS}s`];
  try {
    await kubectl.run(args, { timeoutMs: (READY_SECONDS + 10) * 1000 });
  } catch (error) {
    if (!(error instanceof ProcessError)) throw error;
    const reasons = await waitingReasons(kubectl);
    throw new UserError(
      `${workload} of Argo CD is not ready after ${READY_SECONDS} s${reasons === "" ? "" : `:\n  ${reasons}`}\n` +
        `look at it with \`kubectl --namespace=${NAMESPACE} describe pods\``,
      { cause: error },
    );
  }
}

/** Why containers wait, as the kubelet says it: an image that the registry lacks, for instance. */
async function waitingReasons(kubectl: Kubectl): Promise<string> {
  const { items } = await kubectl.json<{ items: readonly Pod[] }>([
    "get",
    "pods",
    `--namespace=${NAMESPACE}`,
  ]);
  const reasons = items.flatMap(({ metadata, status }) =>
    [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])].flatMap(
      ({ state, image }) => {
        const waiting = state.waiting;
        if (waiting === undefined || waiting.reason === "PodInitializing") return [];
        return [
          `${metadata.name}: ${waiting.reason}, ${image}${waiting.message ? `: ${waiting.message}` : ""}`,
        ];
      },
    ),
  );
  return [...new Set(reasons)].join("\n  ");
}

interface Pod {
  metadata: { name: string };
  status: { initContainerStatuses?: readonly Container[]; containerStatuses?: readonly Container[] };
}

interface Container {
  image: string;
  state: { waiting?: { reason: string; message?: string } };
}
