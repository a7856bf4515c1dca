import { expect, test } from "vitest";
import { findPodTroubles, findSecretTroubles, type TroubledPod } from "./troubles.ts";

const pod = (status: TroubledPod["status"]): TroubledPod => ({
  metadata: { namespace: "database", name: "postgres-0" },
  ...(status === undefined ? {} : { status }),
});
const waiting = (reason: string, message?: string) => ({
  name: "c",
  image: "localhost:5001/postgres@sha256:1",
  state: { waiting: { reason, ...(message === undefined ? {} : { message }) } },
});

test("tells what keeps a pod from starting", () => {
  const unscheduled = {
    type: "PodScheduled",
    status: "False",
    reason: "Unschedulable",
    message: "0/1 nodes: no cpu\nmore",
  };
  expect(
    findPodTroubles([
      pod({ conditions: [unscheduled] }),
      pod({ containerStatuses: [waiting("ErrImagePull", "manifest unknown")] }),
      pod({ initContainerStatuses: [waiting("CreateContainerConfigError", 'secret "postgres" not found')] }),
    ]),
  ).toEqual([
    "database/postgres-0: 0/1 nodes: no cpu",
    "database/postgres-0: ErrImagePull, localhost:5001/postgres@sha256:1: manifest unknown; " +
      "name an image that the registry has; `npm run cluster -- up` builds what this repository builds",
    'database/postgres-0: CreateContainerConfigError, localhost:5001/postgres@sha256:1: secret "postgres" not found; ' +
      "make what the pod names, or mend the name; ExternalSecrets make most Secrets",
  ]);
});

test("a pod that only starts, or runs, is no trouble", () => {
  const running = { name: "c", image: "i", state: {} };
  expect(
    findPodTroubles([
      pod(undefined),
      pod({
        containerStatuses: [waiting("ContainerCreating")],
        initContainerStatuses: [waiting("PodInitializing")],
      }),
      pod({ containerStatuses: [running] }),
    ]),
  ).toEqual([]);
});

test("tells which Secret could not be made, and not of those that are or are still to be", () => {
  const secret = (status?: { conditions: { type: string; status: string; message: string }[] }) => ({
    metadata: { namespace: "processing", name: "lakehouse" },
    ...(status === undefined ? {} : { status }),
  });
  const ready = (is: string, message: string) => ({ conditions: [{ type: "Ready", status: is, message }] });
  expect(
    findSecretTroubles([secret(), secret(ready("True", "synced")), secret(ready("False", "no key `root`"))]),
  ).toEqual(["ExternalSecret processing/lakehouse: no key `root`; make it in the source, or mend the name"]);
});
