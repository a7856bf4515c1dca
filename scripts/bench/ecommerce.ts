import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runProcess } from "../../actions/lib/adapters/process.ts";
import { watchMemory } from "../demo/process-memory.ts";
import { prepareClassArchive } from "../setup/class-archive.ts";
import { prepare } from "../setup/prepare.ts";
import { repositoryRoot, runtimeDir } from "../setup/repository.ts";
import { dayText, parseDay } from "../shop/calendar.ts";
import { generateShop } from "../shop/generate.ts";
import { readJobMemory } from "../shop/job-memory.ts";
import { startPostgres } from "../shop/postgres.ts";
import { type Cost, startClock } from "./cost.ts";
import type { Figure } from "./render-figures.ts";

/** Order lines that the generator gives an order, on average. */
const LINES = 2.42;
/** With so many days alike, the last is 1 % of the shop. */
const DAYS = 100;
const FIRST_DAY = parseDay("2024-01-08") ?? 0;
const STEPS = ["raw", "silver", "quality", "gold"] as const;
const PIPELINES = 10;
/** All steps in one process. */
const JOB = "wavehouse.jobs.run";

/** How a Spark job is started. */
interface Place {
  python: string;
  env: Record<string, string>;
}

/**
 * Measures the shop: a full load and a day of 1 %, the generic silver job beside one written by hand, the jobs of ten
 * pipelines beside a bare session, and the memory of a job.
 *
 * @param options order items in all; rounds whose median is told
 * @param say takes a line for what is being done
 */
export async function benchEcommerce(
  options: { items: number; rounds: number },
  say: (line: string) => void,
): Promise<Figure[]> {
  const prepared = await prepare([], say);
  const place = { python: prepared.python.python, javaHome: prepared.java.home, jars: prepared.jars };
  for (const format of ["delta", "iceberg"] as const) await prepareClassArchive({ ...place, format });
  const folder = mkdtempSync(join(tmpdir(), "wavehouse-shop-"));
  const server = await startPostgres(say);
  const spark: Place = {
    python: place.python,
    env: {
      PYTHONPATH: runtimeDir,
      PYTHONDONTWRITEBYTECODE: "1",
      WAVEHOUSE_STORE: `file://${folder}/{bucket}`,
      WAVEHOUSE_JARS: place.jars,
      WAVEHOUSE_CONNECTION_SHOP_POSTGRES: server.readerUrl,
      WAVEHOUSE_SECRET_PII_KEY: "a key of the measurement's own",
      JAVA_HOME: place.javaHome,
      SPARK_LOCAL_IP: "127.0.0.1",
    },
  };
  try {
    const figures = await benchLoads(folder, server, spark, options.items, say);
    say("silver: the generic job and one written by hand");
    figures.push(await benchByHand(spark, options.rounds));
    say(`sessions: ${PIPELINES} pipelines' jobs and bare sessions, in turns`);
    figures.push(await benchSessions(folder, spark));
    return figures;
  } finally {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function benchLoads(
  folder: string,
  server: Awaited<ReturnType<typeof startPostgres>>,
  spark: Place,
  items: number,
  say: (line: string) => void,
): Promise<Figure[]> {
  const orders = Math.round(items / LINES);
  const shop = generateShop({ seed: 1, orders, days: DAYS, played: 1, start: FIRST_DAY });
  say(`shop: ${orders} orders over ${DAYS} days`);
  await server.run(shop.load());
  const loaded = Number(await server.query("SELECT count(*) FROM shop.order_items"));
  say(`full load: ${loaded} order items`);
  const peak = watchMemory(200, JOB);
  const full = await runDay(folder, spark, dayText(shop.plan.firstPlayed - 1), say);
  const peakMiB = peak();
  let day: Cost = { seconds: Number.NaN, cpu: Number.NaN };
  for (const next of shop.days()) {
    await server.run(next.pieces);
    say(`one more day: ${dayText(next.day)}`);
    day = await runDay(folder, spark, dayText(next.day), say);
  }
  const items_ = `${loaded.toLocaleString("en")} order items`;
  return [
    { name: `shop, full load to the marts of ${items_}`, value: full.seconds, unit: "s", note: cpuOf(full) },
    {
      name: `shop, a day of 1 % of ${items_}, as a part of the full load`,
      value: day.seconds / full.seconds,
      unit: "×",
      bound: 0.15,
      note: `${day.seconds.toFixed(1)} s, ${cpuOf(day)}: ${(day.cpu / full.cpu).toFixed(2)} × by CPU`,
    },
    {
      name: `shop, peak memory of a job that loads ${items_}`,
      value: peakMiB ?? Number.NaN,
      unit: "MiB",
      bound: Math.min(...readJobMemory().values()),
      note: "all steps in one process with the heap of one, and at most what a job declares",
    },
  ];
}

/** All steps of a day in one process with one job's heap, as they end each said with its seconds. */
async function runDay(
  folder: string,
  spark: Place,
  partition: string,
  say: (line: string) => void,
): Promise<Cost> {
  const file = join(repositoryRoot, "pipelines", "ecommerce", "pipeline.yaml");
  const args = ["--pipeline", file, "--partition", partition, "--run-id", "bench"];
  const stop = startClock();
  await run(spark, ["-m", JOB, ...args]);
  const cost = stop();
  const kept = join(folder, "lakehouse/observability/runs/ecommerce", `ingest_date=${partition}`, "bench");
  for (const step of STEPS) {
    const { seconds } = JSON.parse(readFileSync(join(kept, `${step}.json`), "utf8")) as { seconds: number };
    say(`  ${step} ${seconds.toFixed(1)} s`);
  }
  return cost;
}

async function benchByHand(spark: Place, rounds: number): Promise<Figure> {
  const script = join(import.meta.dirname, "silver_by_hand.py");
  const file = join(repositoryRoot, "pipelines", "ecommerce", "pipeline.yaml");
  const found = JSON.parse(await run(spark, [script, file, String(rounds)])) as {
    generic: number[];
    by_hand: number[];
    rows: number;
  };
  const [generic, byHand] = [median(found.generic), median(found.by_hand)];
  return {
    name: "silver, the generic job beside the same by hand",
    value: generic / byHand,
    unit: "×",
    bound: 1.1,
    note: `${found.rows.toLocaleString("en")} order items: ${generic.toFixed(2)} s and ${byHand.toFixed(2)} s`,
  };
}

/** Ten pipelines' silver jobs on a sample, each beside a bare session that reads and writes the same few rows. */
async function benchSessions(folder: string, spark: Place): Promise<Figure> {
  const script = join(import.meta.dirname, "bare_session.py");
  const [jobs, bare]: [number[], number[]] = [[], []];
  for (let number = 0; number < PIPELINES; number++) {
    const home = join(folder, `sample-${number}`);
    mkdirSync(home);
    const env = { ...spark.env, WAVEHOUSE_STORE: `file://${home}/{bucket}` };
    await run({ ...spark, env }, [script, "prepare", home]);
    const job = () => run({ ...spark, env }, [script, "job", home]);
    const session = () => run({ ...spark, env }, [script, "bare", home]);
    for (const [work, costs] of number % 2 === 0
      ? ([[job, jobs] as const, [session, bare] as const] as const)
      : ([[session, bare] as const, [job, jobs] as const] as const)) {
      const stop = startClock();
      await work();
      costs.push(stop().seconds);
    }
  }
  return {
    name: `silver jobs of ${PIPELINES} pipelines on a sample, beside a bare session`,
    value: median(jobs) / median(bare),
    unit: "×",
    bound: 1.3,
    note: `${median(jobs).toFixed(1)} s and ${median(bare).toFixed(1)} s`,
  };
}

/** @returns what it printed */
async function run({ python, env }: Place, args: readonly string[]): Promise<string> {
  const { stdout } = await runProcess({
    file: python,
    args,
    cwd: repositoryRoot,
    env,
    timeoutMs: 60 * 60_000,
  });
  return stdout.toString();
}

function cpuOf({ cpu }: Cost): string {
  return `${cpu.toFixed(1)} s of CPU`;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
