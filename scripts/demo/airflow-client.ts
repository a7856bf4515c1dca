import { setTimeout as sleep } from "node:timers/promises";
import { UserError } from "../../actions/lib/domain/user-error.ts";

/** One run of a DAG. Times are ISO 8601, in UTC. */
export interface DagRun {
  dagId: string;
  id: string;
  /** The partition key, for instance `2026-11-20`; undefined for a run without one. */
  partition: string | undefined;
  state: "queued" | "running" | "success" | "failed";
  queuedAt: string | undefined;
  startedAt: string | undefined;
  endedAt: string | undefined;
}

/** One task of a run. `state` is undefined until the scheduler looks at it. */
export interface TaskRun {
  id: string;
  state: string | undefined;
  tryNumber: number;
  startedAt: string | undefined;
  endedAt: string | undefined;
}

/** Which run to wait for. */
export interface RunQuery {
  /** The very run. */
  id?: string;
  /** The newest run of this partition. */
  partition?: string;
  /** Only runs queued at or after this time (ISO 8601). */
  since?: string;
}

/** How to wait. */
export interface Waiting {
  timeoutMs: number;
  /** How long between two looks; 250 by default. */
  everyMs?: number;
  /** Called when a task's state changes. */
  onTask?: (task: TaskRun) => void;
}

/** Talks to Airflow's REST API, version 2, as one user. */
export class AirflowClient {
  readonly #url: string;
  readonly #login: { username: string; password: string };
  #token: string | undefined;

  /**
   * @param url of the API server, without a path
   * @param login of a user of the SimpleAuthManager
   */
  constructor(url: string, login: { username: string; password: string }) {
    this.#url = url;
    this.#login = login;
  }

  /** What each component says of itself: `healthy`, `unhealthy`, or undefined when it never said anything. */
  async health(): Promise<{ scheduler: string | undefined; dagProcessor: string | undefined } | undefined> {
    try {
      const response = await fetch(`${this.#url}/api/v2/monitor/health`, {
        signal: AbortSignal.timeout(5_000),
      });
      if (!response.ok) return undefined;
      const body = (await response.json()) as Record<string, { status: string | null } | undefined>;
      return {
        scheduler: body.scheduler?.status ?? undefined,
        dagProcessor: body.dag_processor?.status ?? undefined,
      };
    } catch {
      return undefined;
    }
  }

  /**
   * Asks the API that tasks report to once: it builds its versioned routes at its first request, for about 2.5 s,
   * which the first task would wait for otherwise.
   */
  async warmExecutionApi(): Promise<void> {
    await fetch(`${this.#url}/execution/health`, { signal: AbortSignal.timeout(30_000) }).catch(
      () => undefined,
    );
  }

  /**
   * Waits until Airflow knows a DAG.
   *
   * @throws UserError with the import error when the DAG's file does not load, or when the time is over
   */
  async waitForDag(dagId: string, timeoutMs: number): Promise<void> {
    const deadline = Date.now() + timeoutMs;
    while (true) {
      const dag = await this.#request("GET", `/dags/${encodeURIComponent(dagId)}`);
      if (dag.status === 200) return;
      const errors = await this.importErrors();
      if (errors.length > 0) throw new UserError(`Airflow could not load ${dagId}: ${errors.join("\n")}`);
      if (Date.now() > deadline) {
        throw new UserError(`Airflow does not know the DAG ${dagId} after ${timeoutMs / 1000} s`);
      }
      await sleep(200);
    }
  }

  /** The import errors of the DAG files, as Airflow shows them. */
  async importErrors(): Promise<string[]> {
    const body = await this.#get<{ import_errors: { filename: string; stack_trace: string }[] }>(
      "/importErrors",
    );
    return body.import_errors.map((error) => `${error.filename}: ${error.stack_trace.trim()}`);
  }

  /**
   * Starts a run.
   *
   * @param partition the partition key that the run is of, end to end
   */
  async trigger(dagId: string, partition: string, conf: Record<string, unknown> = {}): Promise<DagRun> {
    const path = `/dags/${encodeURIComponent(dagId)}/dagRuns`;
    const body = { logical_date: null, partition_key: partition, conf };
    const response = await this.#request("POST", path, body);
    if (response.status !== 200) {
      throw new UserError(`Airflow refused to start ${dagId} for ${partition}: ${response.text}`);
    }
    return toRun(JSON.parse(response.text) as WireRun);
  }

  /** Lets a DAG's runs begin, or keeps them waiting. */
  async setPaused(dagId: string, isPaused: boolean): Promise<void> {
    const path = `/dags/${encodeURIComponent(dagId)}`;
    const response = await this.#request("PATCH", path, { is_paused: isPaused });
    if (response.status !== 200)
      throw new UserError(`Airflow refused to ${isPaused ? "pause" : "unpause"} ${dagId}: ${response.text}`);
  }

  /** The runs of a DAG, newest first, at most 100. */
  async runs(dagId: string): Promise<DagRun[]> {
    const path = `/dags/${encodeURIComponent(dagId)}/dagRuns?order_by=-run_after&limit=100`;
    return (await this.#get<{ dag_runs: WireRun[] }>(path)).dag_runs.map(toRun);
  }

  /** The tasks of a run. */
  async tasks(dagId: string, runId: string): Promise<TaskRun[]> {
    const body = await this.#get<{ task_instances: WireTask[] }>(`${runPath(dagId, runId)}/taskInstances`);
    return body.task_instances.map((task) => ({
      id: task.task_id,
      state: task.state ?? undefined,
      tryNumber: task.try_number,
      startedAt: task.start_date ?? undefined,
      endedAt: task.end_date ?? undefined,
    }));
  }

  /** The log of one try of a task, a line each. */
  async log(dagId: string, runId: string, task: { id: string; tryNumber: number }): Promise<string[]> {
    const path = `${runPath(dagId, runId)}/taskInstances/${encodeURIComponent(task.id)}/logs/${task.tryNumber}`;
    const body = await this.#get<{ content: (string | WireLogLine)[] }>(`${path}?full_content=true`);
    return body.content.flatMap((line) => (typeof line === "string" ? [line] : logLines(line)));
  }

  /**
   * Waits until a run has ended, well or not; the caller looks at its `state`.
   *
   * @param query the run itself, or which one to take as soon as there is one
   * @throws UserError when the time is over
   */
  async waitForRun(dagId: string, query: RunQuery, waiting: Waiting): Promise<DagRun> {
    const deadline = Date.now() + waiting.timeoutMs;
    const seen = new Map<string, string>();
    while (true) {
      const run = (await this.runs(dagId)).find((one) => matches(one, query));
      if (run !== undefined && waiting.onTask !== undefined) {
        report(await this.tasks(dagId, run.id), seen, waiting.onTask);
      }
      if (run?.state === "success" || run?.state === "failed") return run;
      if (Date.now() > deadline) {
        const state = run === undefined ? "did not start" : `is still ${run.state}`;
        throw new UserError(`the run of ${dagId} ${state} after ${waiting.timeoutMs / 1000} s`);
      }
      await sleep(waiting.everyMs ?? 250);
    }
  }

  async #get<T>(path: string): Promise<T> {
    const response = await this.#request("GET", path);
    if (response.status !== 200)
      throw new Error(`Airflow said ${response.status} to GET ${path}: ${response.text}`);
    return JSON.parse(response.text) as T;
  }

  async #request(method: string, path: string, body?: unknown): Promise<{ status: number; text: string }> {
    this.#token ??= await this.#fetchToken();
    const response = await fetch(`${this.#url}/api/v2${path}`, {
      method,
      headers: {
        authorization: `Bearer ${this.#token}`,
        accept: "application/json",
        "content-type": "application/json",
      },
      signal: AbortSignal.timeout(30_000),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: response.status, text: await response.text() };
  }

  async #fetchToken(): Promise<string> {
    const response = await fetch(`${this.#url}/auth/token`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(this.#login),
      signal: AbortSignal.timeout(30_000),
    });
    if (!response.ok) throw new Error(`Airflow refused its own admin's login with status ${response.status}`);
    return ((await response.json()) as { access_token: string }).access_token;
  }
}

interface WireRun {
  dag_id: string;
  dag_run_id: string;
  partition_key: string | null;
  state: DagRun["state"];
  queued_at: string | null;
  start_date: string | null;
  end_date: string | null;
}

interface WireTask {
  task_id: string;
  state: string | null;
  try_number: number;
  start_date: string | null;
  end_date: string | null;
}

interface WireLogLine {
  event?: string;
  /** The exception and, after it, its causes. */
  error_detail?: { exc_type: string; exc_value: string }[];
}

/** A line without Airflow's folding marks, and the exception that it carries; the stack stays in the log file. */
function logLines({ event = "", error_detail }: WireLogLine): string[] {
  const error = error_detail?.[0];
  const lines = event.startsWith("::") ? [] : [event];
  return error === undefined ? lines : [...lines, `${error.exc_type}: ${error.exc_value}`];
}

function toRun(wire: WireRun): DagRun {
  return {
    dagId: wire.dag_id,
    id: wire.dag_run_id,
    partition: wire.partition_key ?? undefined,
    state: wire.state,
    queuedAt: wire.queued_at ?? undefined,
    startedAt: wire.start_date ?? undefined,
    endedAt: wire.end_date ?? undefined,
  };
}

function runPath(dagId: string, runId: string): string {
  return `/dags/${encodeURIComponent(dagId)}/dagRuns/${encodeURIComponent(runId)}`;
}

function matches(run: DagRun, query: RunQuery): boolean {
  if (query.id !== undefined && run.id !== query.id) return false;
  if (query.partition !== undefined && run.partition !== query.partition) return false;
  return query.since === undefined || Date.parse(run.queuedAt ?? "") >= Date.parse(query.since);
}

function report(tasks: readonly TaskRun[], seen: Map<string, string>, onTask: (task: TaskRun) => void): void {
  for (const task of tasks) {
    const state = `${task.state} ${task.tryNumber}`;
    if (task.state === undefined || seen.get(task.id) === state) continue;
    seen.set(task.id, state);
    onTask(task);
  }
}
