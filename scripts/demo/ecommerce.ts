import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cacheRoot } from "kubeconform-wrapper";
import { ProcessError, runProcess } from "../../actions/lib/adapters/process.ts";
import { UserError } from "../../actions/lib/domain/user-error.ts";
import { prepareClassArchive } from "../setup/class-archive.ts";
import { prepare } from "../setup/prepare.ts";
import { dayText, parseDay } from "../shop/calendar.ts";
import { generateShop, type ShopScripts } from "../shop/generate.ts";
import { type PostgresServer, startPostgres } from "../shop/postgres.ts";
import { TABLES } from "../shop/tables.ts";
import { Cleanup } from "./cleanup.ts";
import type { EcommerceOptions } from "./ecommerce-options.ts";
import { plotCohorts, plotDays } from "./plots.ts";
import { paint, renderTable, StepPrinter } from "./print.ts";
import { watchMemory } from "./process-memory.ts";
import { demoFolders } from "./state.ts";

const PIPELINE = "ecommerce";
const STEPS = ["raw", "silver", "quality", "gold"] as const;
/** Days that are in the first full load: three months, so that cohorts have something to tell. */
const HISTORY = 110;
/** Orders up to which compiling and adapting a query takes longer than running it. */
const FEW = 20_000;
const QUICK_ON_LITTLE = [
  "spark.sql.adaptive.enabled=false",
  "spark.sql.codegen.factoryMode=NO_CODEGEN",
  "spark.sql.codegen.wholeStage=false",
  "spark.sql.shuffle.partitions=1",
]
  .map((setting) => `--conf ${setting}`)
  .concat("pyspark-shell")
  .join(" ");
const FIRST_DAY = parseDay("2023-12-20") ?? 0;

/** What the steps of a run work with. */
interface Shop {
  print: StepPrinter;
  python: string;
  checkout: string;
  folder: string;
  env: Record<string, string>;
}

/** What a step counted, as it is kept beside the data. */
interface StepMetrics {
  seconds: number;
  rows_in: number;
  rows_out: number;
  rows_quarantined: number;
}

/** What `read_marts.py` prints. */
interface Marts {
  rows: Record<string, number>;
  gmv: [day: string, value: number][];
  cohorts: [month: string, customers: number, ...retained: (number | null)[]][];
  heads: Record<string, { columns: string[]; first: Record<string, unknown>[] }>;
}

/**
 * Takes a shop from an empty database to the four marts, through the pipeline's own steps.
 *
 * @param checkout absolute path of the repository; nothing is written to it
 * @throws UserError when a step refuses what it was given
 */
export async function runEcommerceDemo(checkout: string, options: EcommerceOptions): Promise<void> {
  const started = performance.now();
  const peakMemory = watchMemory();
  const print = new StepPrinter();
  const cleanup = new Cleanup();
  const folder = join(demoFolders(cacheRoot(), checkout).root, PIPELINE);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  try {
    const prepared = await print.step("prepare", "Python, jars and Java", async () => {
      const found = await prepare([], (line) => print.line(line));
      const place = { python: found.python.python, javaHome: found.java.home, jars: found.jars };
      await prepareClassArchive({ ...place, format: "iceberg" });
      return found;
    });
    const server = await print.step("database", "an empty PostgreSQL of its own, on loopback", async () => {
      const started = await startPostgres((line) => print.line(line));
      cleanup.add("PostgreSQL", () => started.stop());
      return started;
    });
    const shop: Shop = {
      print,
      checkout,
      folder,
      python: prepared.python.python,
      env: {
        PYTHONPATH: join(checkout, "pipelines", "runtime"),
        PYTHONDONTWRITEBYTECODE: "1",
        WAVEHOUSE_STORE: `file://${folder}/{bucket}`,
        WAVEHOUSE_JARS: prepared.jars,
        WAVEHOUSE_CONNECTION_SHOP_POSTGRES: server.readerUrl,
        WAVEHOUSE_SECRET_PII_KEY: randomBytes(24).toString("hex"),
        JAVA_HOME: prepared.java.home,
        SPARK_LOCAL_IP: "127.0.0.1",
        ...(options.orders <= FEW ? { PYSPARK_SUBMIT_ARGS: QUICK_ON_LITTLE } : {}),
      },
    };
    await live(shop, server, options);
    const marts = await print.step("result", "what readers see", () => readMarts(shop));
    showMarts(shop, marts);
    const total = (performance.now() - started) / 1000;
    print.line();
    print.line(paint("bold", `${total.toFixed(1)} s in all`));
    const peak = peakMemory();
    if (peak !== undefined) print.line(`peak memory of everything together: ${Math.round(peak)} MiB`);
  } finally {
    await cleanup.stopAll();
  }
}

/** The shop's past and then its days, each loaded as it has happened. */
async function live(shop: Shop, server: PostgresServer, options: EcommerceOptions): Promise<void> {
  const played = Math.max(1, options.days);
  const scripts = generateShop({
    seed: 1,
    orders: options.orders,
    days: HISTORY + played,
    played,
    start: FIRST_DAY,
  });
  await shop.print.step("shop", `${HISTORY} days of a shop's life`, async () => {
    await server.run(scripts.load());
    shop.print.line(await countRows(server));
  });
  await shop.print.step("full load", "raw, silver, quality and the four marts of all there is", () =>
    runPipeline(shop, dayText(scripts.plan.firstPlayed - 1)),
  );
  if (options.days > 0) await playDays(shop, server, scripts);
}

async function playDays(shop: Shop, server: PostgresServer, scripts: ShopScripts): Promise<void> {
  for (const { day, pieces } of scripts.days()) {
    const news = day === scripts.plan.columnDay ? ", on which orders are given a column more" : "";
    await shop.print.step(dayText(day), `one more day${news}`, async () => {
      await server.run(pieces);
      await runPipeline(shop, dayText(day));
    });
  }
}

async function countRows(server: PostgresServer): Promise<string> {
  const counts = TABLES.map(({ name }) => `SELECT '${name} ' || count(*) FROM shop.${name}`);
  return (await server.query(counts.join(" UNION ALL "))).trim().split("\n").join(" · ");
}

/** Runs all steps of one day in one process, and prints what each of them counted. */
async function runPipeline(shop: Shop, partition: string): Promise<void> {
  const file = join(shop.checkout, "pipelines", PIPELINE, "pipeline.yaml");
  const runId = `demo-${partition}`;
  const args = ["-m", "wavehouse.jobs.run", "--pipeline", file, "--partition", partition, "--run-id", runId];
  await runPython(shop, args);
  const folder = join(
    shop.folder,
    "lakehouse",
    "observability",
    "runs",
    PIPELINE,
    `ingest_date=${partition}`,
    runId,
  );
  for (const step of STEPS) {
    const found = JSON.parse(readFileSync(join(folder, `${step}.json`), "utf8")) as StepMetrics;
    const quarantined = found.rows_quarantined > 0 ? `, ${found.rows_quarantined} to quarantine` : "";
    const counted = `${found.rows_in} rows in, ${found.rows_out} out${quarantined}`;
    shop.print.line(
      `${paint("green", "✓")} ${step.padEnd(8)} ${found.seconds.toFixed(1).padStart(5)} s  ${counted}`,
    );
  }
}

async function readMarts(shop: Shop): Promise<Marts> {
  const reader = join(shop.checkout, "scripts", "demo", "read_marts.py");
  const file = join(shop.checkout, "pipelines", PIPELINE, "pipeline.yaml");
  return JSON.parse(await runPython(shop, [reader, file])) as Marts;
}

/** @returns what it printed */
async function runPython({ python, env, checkout }: Shop, args: readonly string[]): Promise<string> {
  try {
    const { stdout } = await runProcess({ file: python, args, cwd: checkout, env, timeoutMs: 15 * 60_000 });
    return stdout.toString("utf8");
  } catch (error) {
    if (!(error instanceof ProcessError)) throw error;
    throw new UserError(error.stderr.trim() || error.message, { cause: error });
  }
}

function showMarts({ print, folder }: Shop, { rows, heads, gmv, cohorts }: Marts): void {
  print.line(
    Object.entries(rows)
      .map(([name, count]) => `${name} ${count}`)
      .join(" · "),
  );
  for (const [mart, { columns, first }] of Object.entries(heads)) {
    print.line();
    print.line(paint("bold", `gold.${mart}, ${rows[`gold.${mart}`]} rows`));
    for (const line of renderTable(columns.slice(0, 9), first)) print.line(line);
  }
  const plots = {
    "gmv-by-day.svg": plotDays(
      "GMV by day, in euros, and the mean of seven days",
      gmv.map(([day, value]) => ({ day, value })),
    ),
    "cohort-retention.svg": plotCohorts(
      "Customers that ordered again in the months after their first order",
      cohorts.map(([month, customers, ...retained]) => ({ month, customers, retained })),
    ),
  };
  print.line();
  for (const [name, svg] of Object.entries(plots)) {
    writeFileSync(join(folder, name), svg);
    print.line(`plot    ${join(folder, name)}`);
  }
  print.line(`store   ${join(folder, "lakehouse")}`);
}
