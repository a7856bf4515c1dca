import { completions, partition } from "./check-pipeline.ts";
import { CheckFailure, expectThat } from "./checks.ts";
import type { E2e } from "./context.ts";
import { median } from "./figures.ts";
import type { Pod } from "./objects.ts";
import { type OnTask, runPipeline } from "./run-pipeline.ts";
import { waitForCommit, waitForSync } from "./sync.ts";

const sql = "pipelines/breweries/gold/breweries_by_type_and_location.sql";
const syncTimeoutMs = 120_000;
const pushes = 5;

/** A run of the pipeline that goes on while a change of its gold SQL is delivered, from before it began. */
export interface ChangeUnderRun {
  /** To be told of the run's tasks: the change is made when its images are pinned. */
  onTask: OnTask;
  /** The pods that ran for ever then. */
  pods: Map<string, string>;
  /** How many DAG runs there were then. */
  runs: number;
  /** What became of it, when the run has ended. */
  outcome(): Promise<{ under: string; image: string }>;
}

/** Gets ready to change the gold SQL under the next run. */
export async function prepareChange(e2e: E2e): Promise<ChangeUnderRun> {
  const from = Date.now();
  const [pods, runs] = [await steadyPods(e2e), await countRuns(e2e)];
  let bump: Promise<{ commit: string; image: string }> | undefined;
  let endedUnder = false;
  return {
    pods,
    runs,
    onTask: (dag, task) => {
      // Silver waits for its job, so it has pinned the images of all; gold is still to come.
      if (dag !== "breweries_process" || task.id !== "silver" || task.state !== "deferred") return;
      if (bump !== undefined) return;
      bump = changeSql(e2e, "First");
      void bump
        .then(({ commit }) => waitForCommit(e2e, commit, syncTimeoutMs))
        .then(
          () => {
            endedUnder = goldsOf(e2e, from).length === 0;
          },
          () => undefined,
        );
    },
    outcome: async () => {
      expectThat(bump !== undefined, "the run never pinned its images");
      const { commit, image } = await bump;
      await waitForCommit(e2e, commit, syncTimeoutMs);
      expectThat(endedUnder, "the bump was synced only after the run's gold step: nothing was tried");
      const [under] = goldsOf(e2e, from);
      expectThat(under !== undefined, "the run had no gold step");
      return { under, image };
    },
  };
}

/**
 * A change of the gold SQL: synced at once, the next run uses it, and nothing else moves.
 *
 * @param change the one that was made under a run; without it there is a run for that
 */
export async function checkChange(e2e: E2e, change?: ChangeUnderRun): Promise<void> {
  const { checks } = e2e;
  checks.group("change", "the gold SQL changes: build, bump, push, sync");
  const made = change ?? (await prepareChange(e2e));
  await checks.check(
    "a run under way ends on the digests that it began with; the next one uses the new",
    async () => {
      if (change === undefined) await runPipeline(e2e, partition(1), made.onTask);
      const { under, image } = await made.outcome();
      const between = Date.now();
      await runPipeline(e2e, partition(1));
      const [next] = goldsOf(e2e, between);
      expectThat(under !== image, `the run under way took the new image ${image}`);
      expectThat(next === image, `the next run used ${next ?? "no gold step"}; expected ${image}`);
      return `${digest(under)} to its end, then ${digest(image)}`;
    },
  );
  await checks.check(`pushed ${pushes} times: synced everywhere at once`, () => measurePushes(e2e));
  await checks.check("no pod but the DAG processor's restarted", async () => {
    const after = await steadyPods(e2e);
    const gone = [...made.pods].filter(([uid]) => !after.has(uid)).map(([, name]) => name);
    const moved = gone.filter((name) => !name.startsWith("airflow-dag-processor-"));
    expectThat(moved.length === 0, `these went as well: ${moved.join(", ")}`);
    expectThat(gone.length > 0, "the DAG processor's pod stayed: it cannot have the new DAGs");
    return `${after.size} pods, the same but ${gone.join(", ")}`;
  });
  await checks.check("no job ran by itself", async () => {
    // Two of each: the run that was under way, and the next one.
    const begun = (await countRuns(e2e)) - made.runs;
    expectThat(begun === 4, `${begun} DAG runs began; expected the 4 that were asked for`);
    return undefined;
  });
}

async function measurePushes(e2e: E2e): Promise<string> {
  const seconds: number[] = [];
  for (let number = 0; number < pushes; number += 1) {
    const { commit, pushedAt } = await changeSql(e2e, `Push ${number}`);
    const synced = await waitForSync(e2e, commit, syncTimeoutMs);
    seconds.push((synced - pushedAt) / 1000);
    await waitForCommit(e2e, commit, syncTimeoutMs);
  }
  const middle = median(seconds);
  e2e.figures.add({ name: "push to all synced, median of five", measured: middle, unit: "s", atMost: 10 });
  const all = seconds.map((one) => one.toFixed(1)).join(", ");
  expectThat(middle <= 10, `the median of ${all} is ${middle.toFixed(1)} s; expected at most 10 s`);
  return `${all} s`;
}

/** Changes the SQL by a comment, builds, bumps and pushes: what a merged pull request does. */
async function changeSql(
  { clone }: E2e,
  word: string,
): Promise<{ commit: string; image: string; pushedAt: number }> {
  await clone.edit(sql, (text) => `-- ${word}, at ${Date.now()}\n${text}`);
  const { commit, images, pushedAt } = await clone.deliver(`${word} change of the gold SQL`);
  const image = images.find(({ name }) => name === "breweries-gold");
  if (image === undefined) throw new CheckFailure("the change of the gold SQL built no gold image");
  return { commit, image: image.reference, pushedAt };
}

function goldsOf({ sparkApplications }: E2e, since: number): string[] {
  return completions(sparkApplications.observations, since).flatMap(({ step, image }) =>
    step === "gold" ? [image] : [],
  );
}

/** The pods that run for ever, by UID: all but those of jobs and of Spark. */
async function steadyPods({ kubectl }: E2e): Promise<Map<string, string>> {
  const pods = await kubectl.list<Pod>("pods", "--all-namespaces");
  return new Map(pods.filter(isSteady).map(({ metadata: { uid, name } }) => [uid, name]));
}

function isSteady({ metadata, status }: Pod): boolean {
  const { labels = {} } = metadata;
  if (metadata.deletionTimestamp !== undefined || status?.phase !== "Running") return false;
  return (
    labels["spark-role"] === undefined && labels.dag_id === undefined && labels["job-name"] === undefined
  );
}

async function countRuns(e2e: E2e): Promise<number> {
  const airflow = await e2e.airflow();
  const runs = await Promise.all(["breweries_ingest", "breweries_process"].map((dag) => airflow.runs(dag)));
  return runs.flat().length;
}

function digest(image: string): string {
  return image.slice(image.indexOf("sha256:"), image.indexOf("sha256:") + 15);
}
