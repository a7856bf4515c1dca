import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { noLeftovers, partition } from "./check-pipeline.ts";
import { expectThat } from "./checks.ts";
import type { E2e } from "./context.ts";
import type { Pod } from "./objects.ts";
import { processesOf } from "./pod-processes.ts";
import { countTables, runPipeline } from "./run-pipeline.ts";
import { waitForCommit } from "./sync.ts";
import { waitUntil } from "./wait-until.ts";

/** What is done to a run, and when. */
interface Fault {
  what: string;
  /** The DAG and the task in whose course it is made. */
  dag: string;
  task: string;
  make: (e2e: E2e) => Promise<void>;
}

const outageMs = 20_000;
/** Where the S3 server keeps breweries' published table, in its own file system. */
const publishedFolder = "data/buckets/lakehouse/silver/breweries/breweries";

/** One run with a fault in each of its steps, and two in the last: what they break ends well, with the same rows. */
const faults: readonly Fault[] = [
  {
    what: "the worker pod of the ingest",
    dag: "breweries_ingest",
    task: "ingest_breweries",
    make: killWorker,
  },
  { what: "the driver in silver", dag: "breweries_process", task: "silver", make: killDriver },
  {
    what: "the S3 server for 20 s in quality",
    dag: "breweries_process",
    task: "quality",
    make: stopObjectStore,
  },
  { what: "the scheduler in gold", dag: "breweries_process", task: "gold", make: killScheduler },
  { what: "an executor in gold", dag: "breweries_process", task: "gold", make: killExecutor },
];

/** Kills what a run stands on, in its course: it ends by itself, with the same rows, and leaves nothing over. */
export async function checkFaults(e2e: E2e): Promise<void> {
  const { checks } = e2e;
  checks.group("faults", "what is killed in mid-work comes back, and the rows are the same");
  await checks.check(
    `killed: ${faults.map(({ what }) => what).join("; ")}: the run ends by itself`,
    async () => {
      const made = await runWithFaults(e2e, partition(2));
      const missed = faults.filter((fault) => !made.includes(fault)).map(({ what }) => what);
      expectThat(missed.length === 0, `not killed, so nothing was tried: ${missed.join("; ")}`);
      return undefined;
    },
  );
  await checks.check("its tables hold what the CSV does", () => countTables(e2e));
  await checks.check("nothing of it is left over", () => noLeftovers(e2e));
  await checks.check("Argo CD's controller killed in mid-sync: the sync ends by itself", async () => {
    await e2e.clone.edit("overlays/local/kustomization.yaml", (text) => `${text}# Touched in mid-sync.\n`);
    const commit = await e2e.clone.push("A change in mid-sync");
    await sleep(700);
    await killPods(e2e, "cicd", "app.kubernetes.io/name=argocd-application-controller");
    const at = Date.now();
    const synced = await waitForCommit(e2e, commit, 180_000);
    return `${((synced - at) / 1000).toFixed(0)} s after the kill`;
  });
}

/** @returns the faults that were made to the end */
async function runWithFaults(e2e: E2e, key: string): Promise<Fault[]> {
  const begun = new Set<Fault>();
  const made: Fault[] = [];
  const failures: unknown[] = [];
  const pending: Promise<void>[] = [];
  await runPipeline(e2e, key, (dag, task) => {
    // A deferred task is under way too: its job runs without a worker.
    if (task.state !== "running" && task.state !== "deferred") return;
    for (const fault of faults) {
      if (fault.dag !== dag || fault.task !== task.id || begun.has(fault)) continue;
      begun.add(fault);
      pending.push(
        fault.make(e2e).then(
          () => void made.push(fault),
          (error: unknown) => void failures.push(error),
        ),
      );
    }
  });
  await Promise.all(pending);
  if (failures.length > 0) throw failures[0];
  return made;
}

async function killWorker(e2e: E2e): Promise<void> {
  const pod = await runningPod(e2e, "orchestrator", ({ spec }) => spec.serviceAccountName === "bronze");
  await kill(e2e, pod);
}

async function killDriver(e2e: E2e): Promise<void> {
  await kill(e2e, await runningPod(e2e, "processing", hasRole("driver", "silver")));
}

async function killExecutor(e2e: E2e): Promise<void> {
  await kill(e2e, await runningPod(e2e, "processing", hasRole("executor", "gold")));
}

async function killScheduler(e2e: E2e): Promise<void> {
  await killPods(e2e, "orchestrator", "app.kubernetes.io/component=scheduler");
}

/** Kills the server's process again and again, as long as the outage is to last, from the first file of many on. */
async function stopObjectStore(e2e: E2e): Promise<void> {
  const before = new Set(publishedFiles(e2e));
  await runningPod(e2e, "processing", hasRole("driver", "quality"));
  await waitUntil("quality writes", { timeoutMs: 90_000, everyMs: 50 }, async () =>
    publishedFiles(e2e).some((file) => !before.has(file)) ? { done: undefined } : { not: "no new file" },
  );
  const until = Date.now() + outageMs;
  let killed = 0;
  while (Date.now() < until) {
    for (const pid of objectStores(e2e)) {
      process.kill(pid, "SIGKILL");
      killed += 1;
    }
    await sleep(100);
  }
  expectThat(killed > 0, "no process of the S3 server was found");
}

function objectStores(e2e: E2e): number[] {
  const pods = e2e.pods.latest().filter(({ metadata }) => metadata.namespace === "deepstorage");
  return pods.flatMap(({ metadata }) => processesOf(metadata.uid, "versitygw"));
}

/** The data files of the published table, as the server's own disk has them: asking it would be part of its load. */
function publishedFiles(e2e: E2e): string[] {
  return objectStores(e2e).flatMap((pid) => {
    const folder = join("/proc", String(pid), "root", publishedFolder);
    if (!existsSync(folder)) return [];
    return readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((file) =>
      file.endsWith(".parquet"),
    );
  });
}

function hasRole(role: string, step: string): (pod: Pod) => boolean {
  return ({ metadata: { labels } }) =>
    labels?.["spark-role"] === role && labels["wavehouse.dev/step"] === step;
}

function runningPod(e2e: E2e, namespace: string, wanted: (pod: Pod) => boolean): Promise<Pod> {
  return waitUntil("a pod to kill", { timeoutMs: 90_000, everyMs: 50 }, async () => {
    const found = e2e.pods
      .latest()
      .find((pod) => pod.metadata.namespace === namespace && pod.status?.phase === "Running" && wanted(pod));
    return found === undefined ? { not: `no such pod runs in ${namespace}` } : { done: found };
  });
}

async function kill({ kubectl }: E2e, { metadata: { name, namespace = "" } }: Pod): Promise<void> {
  await kubectl.run("delete", "pod", name, "-n", namespace, "--grace-period=0", "--force", "--wait=false");
}

async function killPods({ kubectl }: E2e, namespace: string, selector: string): Promise<void> {
  const out = await kubectl.run(
    ...["delete", "pods", "-n", namespace, "-l", selector, "--grace-period=0", "--force", "--wait=false"],
  );
  expectThat(out.includes("deleted"), `no pod of ${selector} in ${namespace} was there to kill`);
}
