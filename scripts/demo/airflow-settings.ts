import { randomBytes } from "node:crypto";
import { delimiter, dirname, join } from "node:path";

/** What Airflow needs to know of its place. */
export interface AirflowPlace {
  /** The Python of the environment that Airflow is installed in. */
  python: string;
  /** Its own folder: database, logs, passwords. */
  home: string;
  /** Its port on loopback. */
  port: number;
}

/**
 * The environment that the demo's Airflow runs in: everything on loopback, one machine, short intervals, and keys
 * made anew for every start, so that none is ever written down.
 *
 * @param place where it runs
 * @param base the environment to start from; its own AIRFLOW* settings are left out, so a user's Airflow stays apart
 */
export function airflowEnvironment(place: AirflowPlace, base: NodeJS.ProcessEnv): Record<string, string> {
  const url = `http://127.0.0.1:${place.port}`;
  return {
    ...withoutAirflow(base),
    PATH: [dirname(place.python), base.PATH ?? ""].join(delimiter),
    NO_PROXY: [base.NO_PROXY, "127.0.0.1", "localhost"].filter(Boolean).join(","),
    no_proxy: [base.no_proxy, "127.0.0.1", "localhost"].filter(Boolean).join(","),
    PYTHONUNBUFFERED: "1",
    AIRFLOW_HOME: place.home,
    // The pipelines themselves are the DAGs: the bundle reads WAVEHOUSE_PIPELINES.
    AIRFLOW__CORE__DAGS_FOLDER: join(place.home, "dags"),
    AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_STORAGE_PATH: join(place.home, "bundles"),
    AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST: JSON.stringify([
      { name: "pipelines", classpath: "wavehouse.dags.bundle.PipelinesBundle", kwargs: {} },
    ]),
    // Someone is waiting: a fault is told at its first try.
    WAVEHOUSE_TASK_RETRIES: "0",
    AIRFLOW__CORE__LOAD_EXAMPLES: "False",
    AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION: "False",
    AIRFLOW__CORE__EXECUTOR: "LocalExecutor",
    AIRFLOW__CORE__EXECUTION_API_SERVER_URL: `${url}/execution/`,
    // A worker stays taken for up to min_heartbeat_interval after its task's end: one more than the demo needs.
    AIRFLOW__CORE__PARALLELISM: "3",
    AIRFLOW__WORKERS__MIN_HEARTBEAT_INTERVAL: "1",
    AIRFLOW__CORE__HOSTNAME_CALLABLE: "socket.gethostname",
    AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS: "admin:admin",
    AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE: passwordsFile(place.home),
    AIRFLOW__CORE__FERNET_KEY: randomBytes(32).toString("base64url"),
    AIRFLOW__API__SECRET_KEY: randomBytes(32).toString("base64url"),
    AIRFLOW__API_AUTH__JWT_SECRET: randomBytes(64).toString("base64url"),
    AIRFLOW__API__HOST: "127.0.0.1",
    AIRFLOW__API__PORT: String(place.port),
    AIRFLOW__API__BASE_URL: url,
    AIRFLOW__API__WORKERS: "1",
    AIRFLOW__DATABASE__SQL_ALCHEMY_CONN: `sqlite:///${join(place.home, "airflow.db")}`,
    AIRFLOW__LOGGING__COLORED_CONSOLE_LOG: "False",
    AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME: "0.2",
    AIRFLOW__SCHEDULER__USE_JOB_SCHEDULE: "True",
    AIRFLOW__DAG_PROCESSOR__PARSING_PROCESSES: "1",
    AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL: "10",
    AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL: "5",
    AIRFLOW__DAG_PROCESSOR__PRINT_STATS_INTERVAL: "0",
  };
}

/** The file that holds the password of `admin`, readable by its owner only. */
export function passwordsFile(home: string): string {
  return join(home, "passwords.json");
}

function withoutAirflow(base: NodeJS.ProcessEnv): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(base)) {
    if (value !== undefined && !name.startsWith("AIRFLOW")) kept[name] = value;
  }
  return kept;
}
