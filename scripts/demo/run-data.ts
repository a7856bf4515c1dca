import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { cacheRoot } from "kubeconform-wrapper";
import { UserError } from "../../actions/lib/domain/user-error.ts";
import { type Airflow, startAirflow } from "./airflow.ts";
import type { TaskRun } from "./airflow-client.ts";
import { startApi } from "./api-server.ts";
import { type Demo, demoPipeline } from "./context.ts";
import { paint } from "./print.ts";
import type { Source } from "./source.ts";

const runTimeoutMs = 15 * 60_000;

/** Airflow and, where the real API is not used, the server it reads from. */
export interface DataServices {
  airflow: Airflow;
}

/** One finished run of the data. */
export interface DataRun {
  partition: string;
  runId: string;
}

/**
 * Starts the source's server and Airflow; returns when their processes run, which is before they are ready.
 *
 * @throws UserError when a port is taken
 */
export async function startData(demo: Demo, source: Source): Promise<DataServices> {
  const { folders, options, prepared, scratch, cleanup } = demo;
  const sourceUrl: Record<string, string> = {};
  if (source.file !== undefined) {
    const api = await startApi({ port: options.ports.api, file: source.file });
    cleanup.add("the API's server", () => api.stop());
    sourceUrl.WAVEHOUSE_SOURCE_URL_BREWERIES_OPENBREWERYDB = api.url;
  }
  for (const folder of [folders.store, folders.images, folders.airflow])
    mkdirSync(folder, { recursive: true });
  const airflow = await startAirflow({
    python: prepared.python.python,
    home: folders.airflow,
    port: options.ports.airflow,
    cache: cacheRoot(),
    lock: join(scratch.folder, "pipelines", "runtime", "requirements.lock"),
    env: {
      ...sourceUrl,
      PYTHONPATH: join(scratch.folder, "pipelines", "runtime"),
      PYTHONDONTWRITEBYTECODE: "1",
      AIRFLOW__CORE__PLUGINS_FOLDER: join(
        scratch.folder,
        "pipelines",
        "runtime",
        "wavehouse",
        "dags",
        "plugins",
      ),
      WAVEHOUSE_PIPELINES: join(scratch.folder, "pipelines"),
      WAVEHOUSE_STORE: `file://${folders.store}/{bucket}`,
      WAVEHOUSE_SPARK: "local",
      WAVEHOUSE_CODE_VERSION: scratch.commit,
      WAVEHOUSE_TEMPLATES: folders.rendered,
      WAVEHOUSE_CRANE: prepared.tools.crane,
      WAVEHOUSE_IMAGES: folders.images,
      WAVEHOUSE_JARS: prepared.jars,
      JAVA_HOME: prepared.java.home,
      SPARK_LOCAL_IP: "127.0.0.1",
    },
  });
  cleanup.add("Airflow", () => airflow.stop());
  return { airflow };
}

/**
 * Triggers the ingest DAG for today; its Asset starts the process DAG; waits for both.
 *
 * @returns the process DAG's run
 * @throws UserError when a run failed, with the end of the failed task's log
 */
export async function runData(demo: Demo, source: Source, { airflow }: DataServices): Promise<DataRun> {
  const { print } = demo;
  if (source.file !== undefined && demo.options.source === undefined) {
    print.line(
      "The real API cannot be reached here: a loopback server speaks it, over the repository's sample.",
    );
  }
  const partition = new Date().toISOString().slice(0, 10);
  await airflow.ready();
  print.line(`Airflow is up: ${airflow.url}`);
  const since = new Date(Date.now() - 1_000).toISOString();
  const ingest = `${demoPipeline}_ingest`;
  const process = `${demoPipeline}_process`;
  const started = await airflow.trigger(ingest, partition);
  await follow(airflow, demo, ingest, { id: started.id });
  const runId = await follow(airflow, demo, process, { partition, since });
  return { partition, runId };
}

async function follow(
  airflow: Airflow,
  { print }: Demo,
  dag: string,
  query: { id: string } | { partition: string; since: string },
): Promise<string> {
  const run = await airflow.waitForRun(dag, query, {
    timeoutMs: runTimeoutMs,
    onTask: (task) => {
      const seconds = taskSeconds(task);
      if (seconds === undefined) return;
      const mark = task.state === "success" ? paint("green", "✓") : paint("red", "✗");
      print.line(`${mark} ${dag}.${task.id} ${task.state}, ${seconds.toFixed(1)} s`);
    },
  });
  if (run.state === "success") return run.id;
  const failed = (await airflow.tasks(dag, run.id)).find((task) => task.state === "failed");
  const log = failed === undefined ? [] : await airflow.client.log(dag, run.id, failed);
  const end = log
    .slice(-25)
    .map((line) => `    ${line}`)
    .join("\n");
  throw new UserError(
    `${dag} failed at ${failed?.id ?? "an unknown task"}; its log ends:\n${end}\n  logs: ${airflow.logs}`,
  );
}

function taskSeconds(task: TaskRun): number | undefined {
  if (task.startedAt === undefined || task.endedAt === undefined) return undefined;
  return (Date.parse(task.endedAt) - Date.parse(task.startedAt)) / 1000;
}
