import { expect, test } from "vitest";
import { mebibytes, readJobMemory } from "../shop/job-memory.ts";
import type { Pod } from "./objects.ts";
import { checkPodMemory } from "./pod-memory.ts";
import type { Observation } from "./watch-objects.ts";

function seen(
  name: string,
  more: { role?: string; memory?: string; reason?: string } = {},
): Observation<Pod> {
  const { role = "driver", memory = "2Gi", reason = "Completed" } = more;
  return {
    at: 0,
    type: "MODIFIED",
    object: {
      metadata: {
        name,
        uid: name,
        creationTimestamp: "2026-01-01T00:00:00Z",
        labels: { "spark-role": role, "wavehouse.dev/pipeline": "shop", "wavehouse.dev/step": "raw" },
      },
      spec: { containers: [{ name: "spark", image: "raw", resources: { limits: { memory } } }] },
      status: {
        containerStatuses: [
          { name: "spark", ready: false, restartCount: 0, state: { terminated: { reason } } },
        ],
      },
    },
  };
}

const check = (...pods: Observation<Pod>[]) => checkPodMemory(pods, "shop", new Map([["raw", 2048]]));

test("drivers are counted once each, and another pipeline's are left out", () => {
  expect(check(seen("one"), seen("one"), seen("two"))).toEqual({ drivers: 2, faults: [] });
  expect(checkPodMemory([seen("one")], "other", new Map())).toEqual({ drivers: 0, faults: [] });
});

test.each([
  { what: "an executor", more: { role: "executor" }, told: "is an executor" },
  { what: "another limit", more: { memory: "1433Mi" }, told: "may take 1433Mi; raw declares 2048 MiB" },
  { what: "a pod that took more", more: { reason: "OOMKilled" }, told: "took more than its 2Gi" },
])("$what is told", ({ more, told }) => {
  expect(check(seen("one", more)).faults).toEqual([expect.stringContaining(told)]);
});

test("memory is the same by Spark's letters and by Kubernetes'", () => {
  expect(["2g", "2048m", "2Gi", "2048Mi"].map(mebibytes)).toEqual([2048, 2048, 2048, 2048]);
  expect(() => mebibytes("2T")).toThrow("2T: expected memory such as 1g");
});

test("each of the shop's jobs declares its memory", () => {
  const declared = readJobMemory();
  expect([...declared.keys()].sort()).toEqual(["gold", "maintain", "quality", "raw", "silver"]);
  for (const mib of declared.values()) expect(mib).toBeGreaterThan(1024);
});
