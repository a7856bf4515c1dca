import { mebibytes } from "../shop/job-memory.ts";
import type { Pod } from "./objects.ts";
import type { Observation } from "./watch-objects.ts";

/** What the recorded pods of jobs that are each their driver alone came to. */
export interface PodMemory {
  drivers: number;
  /** What is not as declared, a line each. */
  faults: string[];
}

/**
 * Whether each of a pipeline's jobs ran in the memory that is declared: the kubelet ends a container that takes more
 * than its limit, so the limit is what is declared, and none was ended.
 *
 * @param observations of pods
 * @param pipeline its name
 * @param declared memory of a driver's pod in MiB, by step
 */
export function checkPodMemory(
  observations: readonly Observation<Pod>[],
  pipeline: string,
  declared: ReadonlyMap<string, number>,
): PodMemory {
  const drivers = new Set<string>();
  const faults = new Set<string>();
  for (const { object } of observations) {
    const { name, labels = {} } = object.metadata;
    const role = labels["spark-role"];
    if (labels["wavehouse.dev/pipeline"] !== pipeline || role === undefined) continue;
    if (role === "driver") drivers.add(name);
    else faults.add(`${name} is an executor, and a tiny job is its driver alone`);
    const step = labels["wavehouse.dev/step"] ?? "";
    const limit = object.spec.containers[0]?.resources?.limits?.memory;
    if (limit === undefined || mebibytes(limit) !== declared.get(step))
      faults.add(`${name} may take ${limit}; ${step} declares ${declared.get(step)} MiB`);
    if (object.status?.containerStatuses?.some(({ state }) => state?.terminated?.reason === "OOMKilled"))
      faults.add(`${name} took more than its ${limit}`);
  }
  return { drivers: drivers.size, faults: [...faults] };
}
