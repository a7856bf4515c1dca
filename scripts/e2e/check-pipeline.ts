import { expectThat } from "./checks.ts";
import type { E2e } from "./context.ts";
import type { SparkApplication } from "./objects.ts";
import { countTables, type OnTask, type PipelineRun, runPipeline } from "./run-pipeline.ts";
import { runTrivialApplication } from "./trivial-application.ts";
import { waitUntil } from "./wait-until.ts";
import type { Observation } from "./watch-objects.ts";

const steps = ["silver", "quality", "gold"];

/**
 * The breweries from the API to the gold table, through real Airflow and the real Spark operator.
 *
 * @param onTask what another group of checks does in the run's course
 */
export async function checkPipeline(e2e: E2e, onTask?: OnTask): Promise<void> {
  const { checks, figures, sparkApplications, pods } = e2e;
  checks.group("pipeline", "breweries, bronze to gold, on the cluster");
  const from = Date.now();
  const firstPartition = partition(0);
  let run: PipelineRun | undefined;
  await checks.check("the ingest DAG's Asset starts the process DAG, and both succeed", async () => {
    run = await runPipeline(e2e, firstPartition, onTask);
    return `${run.seconds.toFixed(0)} s for the whole run`;
  });
  await checks.check("the ingest ran in a worker pod on a service account of its own", async () => {
    const ran = pods.observations.some(
      ({ at, object: { metadata, spec } }) =>
        at >= from && metadata.namespace === "orchestrator" && spec.serviceAccountName === "bronze",
    );
    expectThat(ran, "no pod of the service account bronze was seen in orchestrator");
    return undefined;
  });
  await checks.check("three SparkApplications completed, one after the other", async () => {
    const completed = completions(sparkApplications.observations, from);
    expectThat(
      JSON.stringify(completed.map(({ step }) => step)) === JSON.stringify(steps),
      () =>
        `completed were ${completed.map(({ step }) => step).join(", ") || "none"}; expected ${steps.join(", ")}`,
    );
    return completed.map(({ name }) => name).join(", ");
  });
  await checks.check("a trivial SparkApplication, made to completed", async () => {
    const { fromArchive, seconds } = await runTrivialApplication(e2e);
    figures.add({ name: "a trivial SparkApplication", measured: seconds, unit: "s", atMost: 45 });
    const without = ["driver", "executor"].filter((role) => !fromArchive.has(role));
    expectThat(without.length === 0, `began without the image's class archive: ${without.join(", ")}`);
    return `${seconds.toFixed(1)} s, with the class archive in driver and executor`;
  });
  await checks.check("the tables in the object store hold what the CSV does", () => countTables(e2e));
  await checks.check("nothing of the run is left over", async () => noLeftovers(e2e));
}

/** A SparkApplication that completed. Times are in milliseconds since the epoch. */
export interface Completion {
  name: string;
  step: string;
  image: string;
  createdAt: number;
  completedAt: number;
}

/** The SparkApplications that completed since a time, in the order in which they did. */
export function completions(
  observations: readonly Observation<SparkApplication>[],
  since: number,
): Completion[] {
  const completed = new Map<string, Completion>();
  const created = new Map<string, number>();
  for (const { at, object } of observations) {
    const { uid, name, labels } = object.metadata;
    if (!created.has(uid)) created.set(uid, at);
    if (at < since || object.status?.applicationState?.state !== "COMPLETED" || completed.has(uid)) continue;
    completed.set(uid, {
      name,
      step: labels?.["wavehouse.dev/step"] ?? "?",
      image: object.spec.image ?? "?",
      createdAt: created.get(uid) ?? at,
      completedAt: at,
    });
  }
  return [...completed.values()];
}

/** Fails when a SparkApplication, one of its pods or a worker of Airflow's stays. */
export async function noLeftovers({ kubectl }: E2e): Promise<string> {
  // A scheduler that was killed left its finished workers to the next one, which looks once a minute.
  await waitUntil("nothing is left over", { timeoutMs: 120_000 }, async () => {
    const found = await Promise.all([
      kubectl.list("sparkapplications", "-n", "processing"),
      kubectl.list("pods", "-n", "processing", "-l", "spark-role"),
      kubectl.list("pods", "-n", "orchestrator", "-l", "kubernetes_executor"),
    ]);
    const left = found.flat().map(({ kind, metadata }) => `${kind} ${metadata.name}`);
    return left.length === 0 ? { done: undefined } : { not: `left over: ${left.join(", ")}` };
  });
  return "no SparkApplication, no pod of one, no worker";
}

/** A partition key: today, or so many days before. */
export function partition(daysAgo: number): string {
  return new Date(Date.now() - daysAgo * 86_400_000).toISOString().slice(0, 10);
}
