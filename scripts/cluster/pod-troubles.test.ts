import { expect, test } from "vitest";
import { findPodTroubles, type TroubledPod } from "./pod-troubles.ts";

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
    "database/postgres-0: ErrImagePull, localhost:5001/postgres@sha256:1: manifest unknown",
    'database/postgres-0: CreateContainerConfigError, localhost:5001/postgres@sha256:1: secret "postgres" not found',
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
