import { type ChildProcess, execFile, spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import {
  closeSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { UserError } from "../../actions/lib/domain/user-error.ts";
import { AirflowClient, type DagRun, type RunQuery, type TaskRun, type Waiting } from "./airflow-client.ts";
import { type AirflowPlace, airflowEnvironment, passwordsFile } from "./airflow-settings.ts";
import { requireFreePort } from "./free-port.ts";
import { endProcessTrees } from "./process-tree.ts";

/** How to start the demo's Airflow. */
export interface AirflowOptions extends AirflowPlace {
  /** Where a migrated, empty database is kept, so that only the first start pays for the migration. */
  cache: string;
  /** The lock file that Airflow was installed from: the cached database is of that very version. */
  lock: string;
  /** What the DAGs and their tasks need beside: PYTHONPATH (the runtime), WAVEHOUSE_*, JAVA_HOME. */
  env: Record<string, string>;
}

/** A running Airflow: API server, scheduler with the LocalExecutor, and DAG processor. */
export interface Airflow {
  url: string;
  /** Who may log in, and the file that holds the password; it is never printed. */
  login: { user: string; passwordFile: string };
  /** Where the components and the tasks log. */
  logs: string;
  client: AirflowClient;
  /** Waits until all components are up. Throws UserError with the log's end when one of them ended. */
  ready(): Promise<void>;
  /** Waits for the DAG to be loaded, then starts a run of one partition. */
  trigger(dagId: string, partition: string, conf?: Record<string, unknown>): Promise<DagRun>;
  /** Waits until a run has ended; see `AirflowClient.waitForRun`. Throws when a component ends meanwhile. */
  waitForRun(dagId: string, query: RunQuery, waiting: Waiting): Promise<DagRun>;
  runs(dagId: string): Promise<DagRun[]>;
  tasks(dagId: string, runId: string): Promise<TaskRun[]>;
  /** Ends what was started here, tasks under way included, and waits until it is gone. */
  stop(): Promise<void>;
}

const components = {
  "api-server": ["api-server"],
  scheduler: ["scheduler", "--skip-serve-logs"],
  "dag-processor": ["dag-processor"],
} as const;

/** Airflow needs up to 10 s to come up on two cores; a busy machine gets more. */
const bootTimeoutMs = 120_000;
/** Long enough for a task under way to end its Spark job; Airflow's own components lose nothing by being killed. */
const stopGraceMs = 2_000;

/**
 * Starts Airflow on loopback, in a folder of its own. Returns at once when its processes run; `ready()` waits.
 *
 * @param options where and with what
 * @throws UserError when the port is taken
 */
export async function startAirflow(options: AirflowOptions): Promise<Airflow> {
  await requireFreePort(options.port, "--airflow-port", "Airflow");
  const logs = join(options.home, "logs", "components");
  mkdirSync(logs, { recursive: true });
  const env = { ...airflowEnvironment(options, process.env), ...options.env };
  await placeDatabase(options, env);
  const password = writePassword(options.home);
  const processes = Object.entries(components).map(([name, args]) => startComponent(name, args));
  const client = new AirflowClient(`http://127.0.0.1:${options.port}`, { username: "admin", password });

  function startComponent(name: string, args: readonly string[]): Component {
    const log = join(logs, `${name}.log`);
    const file = openSync(log, "w", 0o600);
    const child = spawn(options.python, ["-m", "airflow", ...args], {
      cwd: options.home,
      env,
      detached: true,
      stdio: ["ignore", file, file],
    });
    closeSync(file);
    const component: Component = { name, child, log, failure: undefined };
    child.once("error", (error) => {
      component.failure = error.message;
    });
    return component;
  }

  function requireRunning(): void {
    const ended = processes.find(
      ({ child, failure }) => child.exitCode !== null || child.signalCode !== null || failure !== undefined,
    );
    if (ended !== undefined) throw new UserError(describeEnd(ended));
  }

  let warmed: Promise<void> | undefined;

  async function ready(): Promise<void> {
    const deadline = Date.now() + bootTimeoutMs;
    while (true) {
      requireRunning();
      const health = await client.health();
      if (health !== undefined) warmed ??= client.warmExecutionApi();
      if (health?.scheduler === "healthy" && health.dagProcessor === "healthy") return warmed;
      if (Date.now() > deadline)
        throw new UserError(`Airflow is not up after ${bootTimeoutMs / 1000} s; its logs are in ${logs}`);
      await sleep(100);
    }
  }

  /** Lets a wait end when a component does, rather than at its own time limit. */
  async function whileRunning<T>(work: Promise<T>): Promise<T> {
    const watch = new AbortController();
    const watched = (async () => {
      while (!watch.signal.aborted) {
        requireRunning();
        await sleep(500, undefined, { signal: watch.signal }).catch(() => undefined);
      }
      return work;
    })();
    try {
      return await Promise.race([work, watched]);
    } finally {
      watch.abort();
    }
  }

  return {
    url: `http://localhost:${options.port}`,
    login: { user: "admin", passwordFile: passwordsFile(options.home) },
    logs: join(options.home, "logs"),
    client,
    ready,
    async trigger(dagId, partition, conf) {
      await ready();
      await whileRunning(client.waitForDag(dagId, 60_000));
      return client.trigger(dagId, partition, conf);
    },
    waitForRun: (dagId, query, waiting) => whileRunning(client.waitForRun(dagId, query, waiting)),
    runs: (dagId) => client.runs(dagId),
    tasks: (dagId, runId) => client.tasks(dagId, runId),
    stop: () =>
      endProcessTrees(
        processes.flatMap(({ child }) => child.pid ?? []),
        stopGraceMs,
      ),
  };
}

interface Component {
  name: string;
  child: ChildProcess;
  log: string;
  failure: string | undefined;
}

function describeEnd(component: Component): string {
  const how = component.failure ?? `status ${component.child.exitCode ?? component.child.signalCode}`;
  const end = readFileSync(component.log, "utf8").trimEnd().split("\n").slice(-15).join("\n");
  return `Airflow's ${component.name} ended (${how}). The end of ${component.log}:\n${end}`;
}

/** A password for `admin`, made anew; Airflow itself would make one too, but print it. */
function writePassword(home: string): string {
  const password = randomBytes(18).toString("base64url");
  writeFileSync(passwordsFile(home), JSON.stringify({ admin: password }), { mode: 0o600 });
  return password;
}

/**
 * Gives the home a copy of the migrated, empty database, whatever an earlier demo left: a run that was killed with it
 * would still count as running, and keep the next one of its DAG waiting until Airflow takes its tasks for dead.
 */
async function placeDatabase(options: AirflowOptions, env: Record<string, string>): Promise<void> {
  const key = createHash("sha256").update(readFileSync(options.lock)).digest("hex").slice(0, 16);
  const database = join(options.home, "airflow.db");
  const template = join(options.cache, "airflow", key, "airflow.db");
  if (!existsSync(template)) await makeTemplate(options.python, template, env);
  for (const suffix of ["", "-wal", "-shm"]) rmSync(`${database}${suffix}`, { force: true });
  copyFileSync(template, database);
}

async function makeTemplate(python: string, template: string, env: Record<string, string>): Promise<void> {
  const folder = join(template, "..");
  mkdirSync(folder, { recursive: true });
  const home = mkdtempSync(join(folder, "new-"));
  const database = join(home, "airflow.db");
  try {
    const settings = {
      ...env,
      AIRFLOW_HOME: home,
      AIRFLOW__DATABASE__SQL_ALCHEMY_CONN: `sqlite:///${database}`,
    };
    await promisify(execFile)(python, ["-m", "airflow", "db", "migrate"], { cwd: home, env: settings });
    renameSync(database, template);
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}
