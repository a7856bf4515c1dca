import { execFile } from "node:child_process";
import { join } from "node:path";
import type { DagRun, TaskRun } from "../demo/airflow-client.ts";
import { repositoryRoot } from "../setup/repository.ts";
import { CheckFailure, expectThat } from "./checks.ts";
import type { E2e } from "./context.ts";
import { readSecret } from "./secrets.ts";
import { serviceAddress } from "./service-address.ts";

/** A run of the breweries from the API to the gold table. */
export interface PipelineRun {
  partition: string;
  ingest: DagRun;
  process: DagRun;
  seconds: number;
}

/** Called when a task's state changes: what is to happen in its course is made there. */
export type OnTask = (dag: string, task: TaskRun) => void;

/** With a fault in every step, on two cores. */
const runTimeoutMs = 15 * 60_000;
/** Each look costs the API server and its database 50 ms of a core, which the run would have. */
const runLookMs = 1_500;
/** The DAG processor is there before it has read what the pipelines say. */
const dagTimeoutMs = 120_000;

/**
 * Triggers the ingest DAG; its Asset starts the process DAG; waits for both.
 *
 * @param partition the run's partition key, `YYYY-MM-DD`
 * @param onTask a fault is made there
 * @throws CheckFailure when a run does not succeed, with the end of the failed task's log
 */
export async function runPipeline(
  e2e: E2e,
  partition: string,
  onTask: OnTask = () => {},
): Promise<PipelineRun> {
  const airflow = await e2e.airflow();
  for (const dag of ["breweries_ingest", "breweries_process"]) await airflow.waitForDag(dag, dagTimeoutMs);
  const since = new Date(Date.now() - 1_000).toISOString();
  const started = performance.now();
  const { id } = await airflow.trigger("breweries_ingest", partition);
  const ingest = await waitForSuccess(e2e, "breweries_ingest", { id }, onTask);
  const process = await waitForSuccess(e2e, "breweries_process", { partition, since }, onTask);
  return { partition, ingest, process, seconds: (performance.now() - started) / 1000 };
}

/**
 * Waits for a run of a DAG.
 *
 * @param query the very run, or the newest of a partition since a time
 * @throws CheckFailure when it does not succeed, with the end of the failed task's log
 */
export async function waitForSuccess(
  e2e: E2e,
  dag: string,
  query: { id: string } | { partition: string; since: string },
  onTask: OnTask,
): Promise<DagRun> {
  const airflow = await e2e.airflow();
  const run = await airflow.waitForRun(dag, query, {
    timeoutMs: runTimeoutMs,
    everyMs: runLookMs,
    onTask: (task) => onTask(dag, task),
  });
  if (run.state === "success") return run;
  const failed = (await airflow.tasks(dag, run.id)).find((task) => task.state === "failed");
  const log = failed === undefined ? [] : await airflow.log(dag, run.id, failed);
  throw new CheckFailure(
    `${dag} failed at ${failed?.id ?? "?"}; its log ends:\n${log.slice(-25).join("\n")}`,
  );
}

/**
 * Counts the tables in the object store against the CSV, by other code than the pipeline's.
 *
 * @returns how many of its checks held
 * @throws CheckFailure with the count's own words when one does not
 */
export async function countTables(e2e: E2e): Promise<string> {
  const { kubectl } = e2e;
  const [endpoint, keys] = await Promise.all([
    serviceAddress(kubectl, "object-store", "deepstorage"),
    readSecret(kubectl, "object-store", "management"),
  ]);
  const { status, output } = await runPython(
    e2e.python,
    [join(repositoryRoot, "scripts", "demo", "check_counts.py"), e2e.csv, "s3://lakehouse"],
    {
      AWS_ENDPOINT_URL: endpoint,
      AWS_REGION: "us-east-1",
      AWS_ACCESS_KEY_ID: keys["lakehouse-access-key"] ?? "",
      AWS_SECRET_ACCESS_KEY: keys["lakehouse-secret-key"] ?? "",
    },
  );
  expectThat(status === 0, () => `the tables do not hold what the CSV does:\n${output}`);
  return output.trim().split("\n").at(-1) ?? "";
}

function runPython(
  python: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<{ status: number; output: string }> {
  return new Promise((resolve) => {
    execFile(
      python,
      [...args],
      { env: { ...process.env, ...env }, timeout: 120_000 },
      (error, stdout, stderr) => {
        const status = error === null ? 0 : typeof error.code === "number" ? error.code : 1;
        resolve({ status, output: `${stdout}${stderr}` });
      },
    );
  });
}
