import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { UserError } from "../../actions/lib/domain/user-error.ts";
import { silentLogger } from "../../actions/lib/testing/silent-logger.ts";
import { buildImages } from "../cluster/build-images.ts";
import { down } from "../cluster/down.ts";
import { publish, takeWorkingTree } from "../cluster/git/publish.ts";
import { kubectl as bindKubectl } from "../cluster/kubectl.ts";
import { type ClusterPlaces, network } from "../cluster/places.ts";
import { preparePrograms } from "../cluster/programs.ts";
import { CONTEXT } from "../cluster/render-node-config.ts";
import { up } from "../cluster/up.ts";
import { upOnContext } from "../cluster/up-on-context.ts";
import { AirflowClient } from "../demo/airflow-client.ts";
import { startApi } from "../demo/api-server.ts";
import { preparePython } from "../setup/python.ts";
import { repositoryRoot } from "../setup/repository.ts";
import { readVersions } from "../setup/versions.ts";
import { checkChange, prepareChange } from "./check-change.ts";
import { checkDrift } from "./check-drift.ts";
import { checkEcommerce } from "./check-ecommerce.ts";
import { checkFaults } from "./check-faults.ts";
import {
  breakDatabase,
  checkHoldAtFirstSync,
  checkHoldAtUpdate,
  databaseOverlay,
  type Installing,
} from "./check-hold.ts";
import { checkMistakes } from "./check-mistakes.ts";
import { checkNotifications } from "./check-notifications.ts";
import { checkPipeline } from "./check-pipeline.ts";
import { checkRights } from "./check-rights.ts";
import { checkSecrets, secretValues } from "./check-secrets.ts";
import { checkWaves } from "./check-waves.ts";
import { type Checks, expectThat } from "./checks.ts";
import { collectLogs } from "./collect-logs.ts";
import type { E2e } from "./context.ts";
import { clusterOptions, environment } from "./environment.ts";
import { Figures } from "./figures.ts";
import { Kubectl } from "./kubectl.ts";
import { compareMachineStates, readMachineState } from "./machine-state.ts";
import { type MemoryWatch, watchMachineMemory } from "./memory.ts";
import type { Application, Pod, SparkApplication } from "./objects.ts";
import { type E2eOptions, type Group, whyNoTime } from "./options.ts";
import { readSecret } from "./secrets.ts";
import { serviceAddress } from "./service-address.ts";
import { prepareCsv } from "./source.ts";
import { commitAll, TeamClone } from "./team-clone.ts";
import { type Recording, recordObjects } from "./watch-objects.ts";

const apiPort = 8400;

/** What the groups begin with, before anything is up. */
interface Start {
  options: E2eOptions;
  checks: Checks;
  places: ClusterPlaces;
  folder: string;
  kubectl: Kubectl;
  figures: Figures;
  recordings: Pick<E2e, "applications" | "sparkApplications" | "pods">;
  memory: MemoryWatch;
}

/**
 * Brings the platform up, runs the groups of checks that were asked for, and ends the platform again.
 *
 * @param places where the cluster's state goes
 * @param folder for what the run writes, logs of a failure among it
 * @throws UserError when the platform cannot be brought up at all
 */
export async function runGroups(
  options: E2eOptions,
  checks: Checks,
  places: ClusterPlaces,
  folder: string,
): Promise<void> {
  checks.line("Programs, from pinned Go modules: built once, which takes minutes.");
  const { kubectl: program } = await preparePrograms();
  const kubectl = new Kubectl(bindKubectl(program, [`--kubeconfig=${places.kubeconfig}`]));
  const start: Start = {
    ...{ options, checks, places, folder, kubectl },
    figures: new Figures(),
    recordings: record(kubectl),
    memory: watchMachineMemory(),
  };
  const before = await readMachineState();
  let finished = false;
  try {
    await runAll(start);
    finished = true;
  } finally {
    for (const recording of Object.values(start.recordings)) recording.stop();
    start.memory.stop();
    if (!finished || checks.failed.length > 0) await keepLogs(start);
    if (!options.keep && !options.reuse) await checkDown(start, before);
  }
  checks.group("figures", "what was measured, and what it may be");
  for (const line of start.figures.render()) checks.line(line);
}

async function checkDown({ checks, places }: Start, before: readonly string[]): Promise<void> {
  checks.group("down", "the machine is as it was");
  await checks.check("nothing of the cluster is left", async () => {
    await down(places, () => {});
    const differences = compareMachineStates(before, await readMachineState());
    expectThat(differences.length === 0, () => differences.join("\n"));
    return undefined;
  });
}

function record(kubectl: Kubectl): Start["recordings"] {
  const of = <T extends Application | SparkApplication | Pod>(path: string): Recording<T> =>
    recordObjects<T>(kubectl.cluster, path);
  return {
    applications: of<Application>("/apis/argoproj.io/v1alpha1/namespaces/cicd/applications"),
    sparkApplications: of<SparkApplication>(
      "/apis/sparkoperator.k8s.io/v1beta2/namespaces/processing/sparkapplications",
    ),
    pods: of<Pod>("/api/v1/pods"),
  };
}

async function runAll(start: Start): Promise<void> {
  const { options, checks, places, figures, memory } = start;
  const csv = prepareCsv(options.source, start.folder);
  if (!options.reuse) {
    await refuseWhatIsUp(places);
    const seconds = options.only.includes("hold") ? await bringUpHeld(start, csv) : await bringUp(start);
    figures.add({ name: "cluster up and all healthy", measured: seconds, unit: "s", atMost: 180 });
    figures.add({
      name: "memory of the platform at rest",
      measured: memory.now(),
      unit: "MiB",
      atMost: 4096,
    });
  }
  const api = await startApi({ host: network.host, port: apiPort, file: csv });
  try {
    const e2e = await connect(start, csv);
    const skipped = new Set<Group>();
    const wanted = (group: Group): boolean => {
      if (!options.only.includes(group) || skipped.has(group)) return false;
      const why = whyNoTime(options, group, checks.elapsedSeconds);
      if (why === undefined) return true;
      skipped.add(group);
      checks.line(why);
      return false;
    };
    if (wanted("waves") && !options.reuse) await checkWaves(e2e);
    const withPipeline = wanted("pipeline");
    // One run shows both: it ends as it began, though its SQL changes in its course.
    const change = withPipeline && wanted("change") ? await prepareChange(e2e) : undefined;
    if (withPipeline) await checkPipeline(e2e, change?.onTask);
    if (wanted("change")) await checkChange(e2e, change);
    if (wanted("drift")) await checkDrift(e2e);
    if (wanted("rights")) await checkRights(e2e, options.updateRights);
    if (wanted("ecommerce")) await checkEcommerce(e2e);
    if (wanted("faults")) await checkFaults(e2e);
    if (wanted("notifications")) await checkNotifications(e2e, places.kubeconfig);
    if (wanted("mistakes")) await checkMistakes(e2e);
    if (wanted("hold")) await checkHoldAtUpdate(e2e);
    if (wanted("secrets")) await checkSecrets(e2e, places);
    figures.add({
      name: "memory in the run, at its peak",
      measured: memory.peak(),
      unit: "MiB",
      atMost: 8192,
    });
    figures.add({ name: "the whole run", measured: checks.elapsedSeconds, unit: "s", atMost: 720 });
  } finally {
    await api.stop();
  }
}

async function refuseWhatIsUp(places: ClusterPlaces): Promise<void> {
  if (!existsSync(places.machine)) return;
  throw new UserError(
    `a cluster is up already (in ${places.state}): npm run cluster -- down ends it, --reuse runs the checks on it`,
  );
}

async function bringUp({ places, checks }: Start): Promise<number> {
  checks.group("up", "a cluster from nothing, and the whole platform on it");
  const started = performance.now();
  await up(places, clusterOptions("up"));
  return (performance.now() - started) / 1000;
}

/**
 * Brings the platform up by `up --context` on a bare cluster, as on one that exists, and holds it on the way.
 *
 * @returns seconds, without those in which it was held
 */
async function bringUpHeld(start: Start, csv: string): Promise<number> {
  const { checks } = start;
  const seconds = await checkHoldAtFirstSync(checks, () => startBroken(start, csv));
  if (checks.failed.length > 0)
    throw new UserError("the platform did not come up: there is nothing to check");
  return seconds;
}

/** Begins the platform with a database that never gets ready. */
async function startBroken(start: Start, csv: string): Promise<Installing> {
  const { places } = start;
  await up(places, clusterOptions("up", "--bare"));
  await takeWorkingTree(repositoryRoot, places);
  const overlay = join(places.clone, databaseOverlay);
  await writeFile(overlay, breakDatabase(await readFile(overlay, "utf8")));
  await commitAll(places.clone, "A database that never gets ready");
  const images = await buildImages(places.clone, () => {});
  await publish(environment, images, places, silentLogger());
  process.env.KUBECONFIG = places.kubeconfig;
  const installed = upOnContext(CONTEXT, places.clone, clusterOptions("up", "--context", CONTEXT));
  return { e2e: await connect(start, csv), installed };
}

async function connect(start: Start, csv: string): Promise<E2e> {
  const { kubectl, places, folder, recordings, checks, figures } = start;
  const { of } = await readVersions();
  const { python } = await preparePython({ oldest: of.python });
  const clone = await TeamClone.open({
    repository: places.repository,
    folder: join(folder, "clone"),
  });
  return {
    ...{ checks, figures, kubectl, clone, csv, python },
    ...recordings,
    airflow: async () => {
      const [url, { "admin-password": password = "" }] = await Promise.all([
        serviceAddress(kubectl, "airflow-api-server", "orchestrator"),
        readSecret(kubectl, "airflow", "management"),
      ]);
      return new AirflowClient(url, { username: "admin", password });
    },
  };
}

async function keepLogs({ kubectl, checks, places, folder }: Start): Promise<void> {
  const secrets = await secretValues({ kubectl }).catch(() => []);
  const kept = join(folder, "failure");
  const values = secrets.map(({ value }) => value);
  await collectLogs(kept, { kubectl, checks }, places.logs, values);
  checks.line(`Logs of everything are in ${kept}; begin with index.md.`);
}
