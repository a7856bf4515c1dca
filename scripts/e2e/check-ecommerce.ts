import { setTimeout as sleep } from "node:timers/promises";
import type { DagRun, TaskRun } from "../demo/airflow-client.ts";
import { dayText, parseDay } from "../shop/calendar.ts";
import { generateShop } from "../shop/generate.ts";
import { readJobMemory } from "../shop/job-memory.ts";
import { completions, noLeftovers, partition } from "./check-pipeline.ts";
import { CheckFailure, expectThat } from "./checks.ts";
import type { E2e } from "./context.ts";
import type { Pod } from "./objects.ts";
import { checkPodMemory } from "./pod-memory.ts";
import { readLake } from "./read-lake.ts";
import { waitForSuccess } from "./run-pipeline.ts";
import { ShopDatabase } from "./shop-database.ts";
import { waitUntil } from "./wait-until.ts";

/** A month of a small shop's life: what a job costs before its first row is most of the time. */
const orders = 300;
const history = 29;
const played = 2;
const start = parseDay("2024-02-10") ?? 0;
const dagTimeoutMs = 120_000;
/** Time enough for the scheduler to begin the day that it owes a DAG that was turned on. */
const owedMs = 20_000;

const ingest = "ecommerce_ingest";
const marts = ["sales_daily", "customer_360", "inventory_daily", "logistics"];
/** What a day starts: one job for all tables in each step, and one for each mart. */
const jobs = ["raw", "silver", "quality", ...marts.map(() => "gold")];

/** A shop in the platform's database, from its full load through two more days, to the marts. */
export async function checkEcommerce(e2e: E2e): Promise<void> {
  const { checks, figures } = e2e;
  checks.group(
    "ecommerce",
    "a shop in PostgreSQL, to four marts in the REST catalog: a full load and two days",
  );
  const shop = generateShop({ seed: 1, orders, days: history + played, played, start });
  const database = await ShopDatabase.open(e2e);
  let first: DagRun | undefined;
  let seconds = 0;
  const day = async (run: number, pieces: Iterable<string>): Promise<string> => {
    await database.run([...pieces].join(""));
    if (run === 0) {
      await database.expect();
      first = await turnOn(e2e);
    }
    if (first?.partition === undefined) throw new CheckFailure("the first run has no partition");
    const partition = dayText((parseDay(first.partition) ?? 0) + run);
    const made = await runDay(e2e, partition, run === 0 ? first : undefined);
    await database.observe(run, partition);
    seconds += made.seconds;
    return `${partition} in ${made.seconds.toFixed(0)} s: ${made.steps.join(", ")}`;
  };
  const loaded = await checks.check("the full load, through Airflow and the Spark operator", async () => {
    await prepare(e2e, database);
    return day(0, shop.load());
  });
  if (!loaded) return;
  await checks.check("the catalog's pod is killed: what it knows is PostgreSQL's", () => killCatalog(e2e));
  let run = 0;
  for (const { day: at, pieces } of shop.days()) {
    run += 1;
    const news = at === shop.plan.columnDay ? ", on which orders get a column" : "";
    await checks.check(`${dayText(at)}, one more day${news}`, () => day(run, pieces));
  }
  figures.add({ name: "the shop's three days", measured: seconds, unit: "s", atMost: 480 });
  await checks.check("every silver table and mart is what PostgreSQL makes of the shop", async () =>
    readLake(e2e, { expected: await database.expectedRows() }),
  );
  await checks.check("every job ran in the memory that its template declares", async () => keptInMemory(e2e));
  await checks.check("nobody but Spark's drivers reaches the catalog, nor writes in the shop", () =>
    tryDoors(e2e),
  );
  await checks.check("nothing of the runs is left over", () => noLeftovers(e2e));
  // The next one would come by the clock.
  await (await e2e.airflow()).setPaused(ingest, true);
}

async function prepare(e2e: E2e, database: ShopDatabase): Promise<void> {
  if (await database.isFilled()) {
    await readLake(e2e, "--forget");
    await database.empty();
  }
  await (await e2e.airflow()).waitForDag(ingest, dagTimeoutMs);
}

/**
 * Turns the pipeline on, which begins the day that the clock owes; where it owes none, that day is asked for.
 *
 * @returns the run of the full load
 */
async function turnOn(e2e: E2e): Promise<DagRun> {
  const airflow = await e2e.airflow();
  const known = new Set((await airflow.runs(ingest)).map(({ id }) => id));
  await airflow.setPaused(ingest, false);
  const deadline = Date.now() + owedMs;
  while (Date.now() < deadline) {
    const owed = (await airflow.runs(ingest)).find(({ id }) => !known.has(id));
    if (owed !== undefined) return owed;
    await sleep(500);
  }
  return airflow.trigger(ingest, partition(1));
}

/** One partition, from the trigger (unless it is under way) to the last mart; with each Spark step's own time. */
async function runDay(
  e2e: E2e,
  partition: string,
  underWay?: DagRun,
): Promise<{ seconds: number; steps: string[] }> {
  const airflow = await e2e.airflow();
  const from = underWay?.queuedAt === undefined ? Date.now() : Date.parse(underWay.queuedAt);
  const since = new Date(from - 1_000).toISOString();
  const steps: string[] = [];
  const note = (dag: string, task: TaskRun): void => {
    if (task.state !== "success" || task.startedAt === undefined || task.endedAt === undefined) return;
    if (!jobs.includes(task.id)) return;
    const took = (Date.parse(task.endedAt) - Date.parse(task.startedAt)) / 1_000;
    steps.push(`${task.id === "gold" ? dag.replace("ecommerce_gold_", "") : task.id} ${took.toFixed(0)} s`);
  };
  const { id } = underWay ?? (await airflow.trigger(ingest, partition));
  await waitForSuccess(e2e, ingest, { id }, note);
  await waitForSuccess(e2e, "ecommerce_process", { partition, since }, note);
  for (const mart of marts) await waitForSuccess(e2e, `ecommerce_gold_${mart}`, { partition, since }, note);
  const seconds = (Date.now() - from) / 1_000;
  // What the API server tells comes a little after what Airflow does.
  await waitUntil("the day's Spark jobs", { timeoutMs: 60_000 }, async () => {
    const completed = completions(e2e.sparkApplications.observations, from)
      // The other pipeline runs by its own clock.
      .filter(({ name }) => name.startsWith("ecommerce-"))
      .map(({ step }) => step);
    return JSON.stringify(completed.toSorted()) === JSON.stringify(jobs.toSorted())
      ? { done: undefined }
      : { not: `completed were ${completed.join(", ") || "none"}; expected ${jobs.join(", ")}` };
  });
  return { seconds, steps };
}

async function killCatalog({ kubectl }: E2e): Promise<string> {
  const list = () => kubectl.list<Pod>("pods", "-n", "query", "-l", "app.kubernetes.io/name=nessie");
  const before = new Set((await list()).map(({ metadata }) => metadata.uid));
  expectThat(before.size > 0, "there is no pod of the catalog");
  const at = performance.now();
  await kubectl.run("delete", "pods", "-n", "query", "-l", "app.kubernetes.io/name=nessie", "--wait=false");
  await waitUntil("a new pod of the catalog is ready", { timeoutMs: 120_000 }, async () => {
    const fresh = (await list()).find(({ metadata }) => !before.has(metadata.uid));
    const ready = fresh?.status?.containerStatuses?.every((container) => container.ready) ?? false;
    return ready ? { done: undefined } : { not: fresh?.status?.phase ?? "none" };
  });
  return `ready again after ${((performance.now() - at) / 1_000).toFixed(0)} s`;
}

function keptInMemory({ pods }: E2e): string {
  const { drivers, faults } = checkPodMemory(pods.observations, "ecommerce", readJobMemory());
  expectThat(faults.length === 0, () => faults.join("\n"));
  // One that was tried again has another pod.
  const expected = (1 + played) * jobs.length;
  expectThat(drivers >= expected, () => `seen were ${drivers} drivers; expected ${expected}`);
  return `${drivers} drivers`;
}

/** What an Airflow pod gets when it tries to reach another's door. */
const knock = `import socket
try:
    socket.create_connection(("nessie.query.svc.cluster.local", 19120), 5).close()
    print("open")
except OSError as error:
    print("closed", error)
`;

async function tryDoors(e2e: E2e): Promise<string> {
  const { kubectl } = e2e;
  const said = await kubectl.run(
    ...["exec", "-n", "orchestrator", "deployment/airflow-scheduler", "--", "python", "-c", knock],
  );
  if (!said.startsWith("closed")) throw new CheckFailure(`the scheduler's pod reached the catalog: ${said}`);
  const database = await ShopDatabase.open(e2e);
  const may = await database.run(
    "SELECT count(*) FROM information_schema.table_privileges WHERE grantee = 'shop_reader' AND privilege_type <> 'SELECT';\n" +
      "SELECT bool_or(has_database_privilege('shop_reader', datname, 'CREATE')) FROM pg_database;\n",
  );
  expectThat(may.trim() === "0\nf", `shop_reader may do more than read: ${may.trim()}`);
  return `the scheduler's: ${said.trim()}`;
}
