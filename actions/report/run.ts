import { readBump } from "../lib/delivery/read-bump.ts";
import { readDeliverySettings } from "../lib/delivery/read-overlays.ts";
import type { ActionResult } from "../lib/domain/action-result.ts";
import type { PinnedImage } from "../lib/domain/built-image.ts";
import {
  bundleRecord,
  commitOfKey,
  type DeliveryRecord,
  indexPrefix,
  type NamedImage,
  parseBundle,
  type RecordBundle,
  recordKey,
  storedObjects,
} from "../lib/domain/delivery-record.ts";
import { environmentsOf } from "../lib/domain/environments.ts";
import { UserError } from "../lib/domain/user-error.ts";
import type { History } from "../lib/ports/history.ts";
import type { ImageEvidence } from "../lib/ports/image-evidence.ts";
import type { Logger } from "../lib/ports/logger.ts";
import type { ManifestRenderer } from "../lib/ports/manifest-renderer.ts";
import { type RecordStore, StoreUnavailable } from "../lib/ports/record-store.ts";
import type { SpooledRecords } from "../lib/ports/spooled-records.ts";
import type { Workspace } from "../lib/ports/workspace.ts";
import type { Inputs } from "./inputs.ts";
import { readEvidence } from "./read-evidence.ts";

/** What this action works through. */
export interface Ports {
  workspace: Workspace;
  history: History;
  renderer: ManifestRenderer;
  /** The registry: what is said of images. */
  evidence: Pick<ImageEvidence, "attached">;
  /** `undefined` when there is none. */
  store: RecordStore | undefined;
  /** Where there is GitHub. */
  spooled: SpooledRecords | undefined;
  /** Keeps bundles for a later run. */
  keep: (files: ReadonlyMap<string, string>) => Promise<void>;
  logger: Logger;
}

const LISTED = 10;
/** How far back deliveries are recorded that no run has recorded. */
const MISSED = 20;

/**
 * Publishes the record of a delivery, those that earlier runs could not publish, and those of pull requests that were
 * merged since. A store that is down fails nothing: the records are kept for the next run.
 *
 * @param inputs which delivery, and where its record goes
 * @param ports the repository, the store, what earlier runs kept
 * @returns the outputs `published`, `spooled` and `record`
 * @throws UserError when the commit is not there
 */
export async function run(inputs: Inputs, ports: Ports): Promise<ActionResult> {
  const own = inputs.commit === undefined ? undefined : await makeBundle(inputs, inputs.commit, ports);
  const { published, waiting, problem } = await publishAll(own, inputs, ports);
  if (problem !== undefined) {
    ports.logger.warning(`The delivery record waits for the next run: ${problem}`);
    const files = waiting.map((bundle): [string, string] => [fileName(bundle), JSON.stringify(bundle)]);
    await ports.keep(new Map(files));
  }
  for (const { record } of published)
    ports.logger.info(`Recorded ${record.environment} at ${record.commit}.`);
  const key = own === undefined ? "" : recordKey(inputs.prefix, own.record.environment, own.record.commit);
  return {
    ok: true,
    outputs: {
      published: String(published.length),
      spooled: problem === undefined || waiting.length === 0 ? "" : inputs.spool,
      record: key,
    },
    summary: await summarize(inputs, published.length, waiting.length, problem, ports),
    annotations: [],
  };
}

async function makeBundle(inputs: Inputs, commit: string, ports: Ports): Promise<RecordBundle> {
  const described = await ports.history.describe(commit);
  if (described === undefined) {
    throw new UserError(
      `Input \`commit\`: ${commit} is not in this repository; check out the branch that has it.`,
    );
  }
  const contents: Record<string, string> = {};
  const here = commit === inputs.commit || (await cameWithCheckout(commit, ports));
  for (const path of here ? inputs.files : []) {
    if (!(await ports.workspace.exists(path))) {
      ports.logger.warning(`${path} is not in the record: there is no such file.`);
      continue;
    }
    contents[path.replace(/^(?:\.?\/)+/, "")] = new TextDecoder().decode(await ports.workspace.read(path));
  }
  // What was delivered before was other manifests.
  for (const environment of here ? await listEnvironments(ports) : []) {
    contents[`manifests/${environment}.yaml`] = await ports.renderer.render(`overlays/${environment}`);
  }
  const told = await readDelivered(inputs, commit, ports);
  const built = told.images.filter(({ changed }) => changed);
  Object.assign(contents, await readEvidence(built, ports.evidence, ports.logger));
  const images = told.images.map(({ name, reference }) => ({ name, reference }));
  const { environment } = inputs;
  const { sourceCommit, moved, runs } = told;
  const merged = sourceCommit === undefined ? undefined : await ports.history.describe(sourceCommit);
  const timings = merged === undefined ? undefined : timingsOf(merged.date, described.date);
  const time = described.date;
  return bundleRecord({ environment, commit, time, sourceCommit, timings, images, moved, runs }, contents);
}

async function listEnvironments({ workspace }: Pick<Ports, "workspace">): Promise<string[]> {
  return environmentsOf((await workspace.list("overlays")).map(({ path }) => path));
}

/** Whether a commit is the one that is checked out, or came to the branch by it as a pull request's does by its merge. */
async function cameWithCheckout(commit: string, { history }: Pick<Ports, "history">): Promise<boolean> {
  const before = await history.resolve("HEAD^1");
  if (before === undefined) return true;
  const order = (await history.compare(commit, [before])).get(before);
  return order !== "before" && order !== "same";
}

/** Deliveries by pull request, of which people make a commit of the branch: the run that made it cannot record them. */
async function missedDeliveries(inputs: Inputs, store: RecordStore, ports: Ports): Promise<RecordBundle[]> {
  const bundles: RecordBundle[] = [];
  for (const environment of await listEnvironments(ports)) {
    const { way } = await readDeliverySettings(environment, ports.workspace);
    if (way !== "pull-request") continue;
    const known = new Set(
      (await store.list(indexPrefix(inputs.prefix, environment), 10_000)).map(commitOfKey),
    );
    const bumps = (await ports.history.bumps(environment)).slice(0, MISSED);
    const of: Inputs = { ...inputs, environment, images: [], sourceCommit: undefined };
    for (const { commit } of bumps) {
      if (!known.has(commit) && commit !== inputs.commit) bundles.push(await makeBundle(of, commit, ports));
    }
  }
  return bundles;
}

/** What is wrong in another environment is told, and keeps nothing of this delivery back. */
function passOver({ logger }: Pick<Ports, "logger">): (error: unknown) => RecordBundle[] {
  return (error) => {
    if (!(error instanceof UserError)) throw error;
    logger.warning(`Deliveries by pull request are not recorded: ${error.message}`);
    return [];
  };
}

interface Delivered {
  images: readonly PinnedImage[];
  sourceCommit: string | undefined;
  moved: readonly string[];
  runs: readonly NamedImage[];
}

/** What the build has told; and where none was, as after a promotion or a roll-back, what the commit says of itself. */
async function readDelivered(
  { environment, images, sourceCommit }: Inputs,
  commit: string,
  { history }: Pick<Ports, "history">,
): Promise<Delivered> {
  const { pinned, bump } = await readBump(environment, commit, history);
  const runs = [...pinned.values()].map(({ name, reference }) => ({ name, reference }));
  if (bump === undefined) return { images, sourceCommit, moved: [], runs };
  const moved = bump.moved.map(({ image }) => image.name);
  if (images.length > 0) return { images, sourceCommit, moved, runs };
  const main = /^Wavehouse-Source-Commit: ([0-9a-f]{40})$/m.exec(bump.message)?.[1];
  const changed = bump.moved.map(({ image }) => ({ ...image, changed: true }));
  return { images: changed, sourceCommit: sourceCommit ?? main, moved, runs };
}

/** By the commits' own times, so that whoever publishes it again writes the same. */
function timingsOf(merged: string, delivered: string): DeliveryRecord["timings"] {
  return { merged, delivered, seconds: (Date.parse(delivered) - Date.parse(merged)) / 1000 };
}

interface Published {
  published: RecordBundle[];
  waiting: RecordBundle[];
  problem: string | undefined;
}

/** The own record first: it is the one that people look for. */
async function publishAll(own: RecordBundle | undefined, inputs: Inputs, ports: Ports): Promise<Published> {
  const { store } = ports;
  const { prefix } = inputs;
  const fresh = own === undefined ? [] : [own];
  if (store === undefined) return { published: [], waiting: fresh, problem: "no `bucket` is given" };
  const published: RecordBundle[] = [];
  let waiting: RecordBundle[] = fresh;
  try {
    for (const bundle of fresh) published.push(await publish(bundle, prefix, store));
    waiting = [];
    for (const bundle of await missedDeliveries(inputs, store, ports).catch(passOver(ports))) {
      published.push(await publish(bundle, prefix, store));
    }
    for (const { id, files } of await readEarlier(prefix, store, ports)) {
      for (const [name, bytes] of files) {
        const bundle = parseBundle(new TextDecoder().decode(bytes));
        if (bundle === undefined) ports.logger.warning(`${name} of artifact ${id} is no delivery record.`);
        else published.push(await publish(bundle, prefix, store));
      }
      // Only when all of it is published; until then the artifact is the record.
      await store.write(`${spoolPrefix(prefix)}${id}`, "", "text/plain");
    }
    return { published, waiting: [], problem: undefined };
  } catch (error) {
    if (!(error instanceof StoreUnavailable)) throw error;
    return { published, waiting, problem: error.message };
  }
}

async function publish(bundle: RecordBundle, prefix: string, store: RecordStore): Promise<RecordBundle> {
  for (const { key, body, type } of storedObjects(bundle, prefix)) await store.write(key, body, type);
  return bundle;
}

/** Marks of the artifacts that were published. */
function spoolPrefix(prefix: string): string {
  return `${prefix}.spools/`;
}

async function readEarlier(
  prefix: string,
  store: RecordStore,
  { spooled, logger }: Ports,
): ReturnType<SpooledRecords["earlier"]> {
  if (spooled === undefined) return [];
  const marks = await store.list(spoolPrefix(prefix), 10_000);
  try {
    return await spooled.earlier(new Set(marks.map((key) => key.slice(spoolPrefix(prefix).length))));
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    logger.warning(`What earlier runs kept stays there: ${error.message}`);
    return [];
  }
}

function fileName({ record }: RecordBundle): string {
  return `${record.environment}-${record.commit}.json`;
}

async function summarize(
  { environment, prefix }: Inputs,
  published: number,
  waiting: number,
  problem: string | undefined,
  { store }: Ports,
): Promise<string> {
  const title = `### Records of ${environment}\n\n`;
  if (problem !== undefined || store === undefined) {
    return `${title}${waiting} ${waiting === 1 ? "record waits" : "records wait"} for the next run: ${problem ?? ""}\n`;
  }
  try {
    const keys = await store.list(indexPrefix(prefix, environment), LISTED);
    const entries = await Promise.all(keys.map((key) => store.read(key)));
    const rows = entries.flatMap((bytes) => {
      if (bytes === undefined) return [];
      const { commit, time, images } = JSON.parse(new TextDecoder().decode(bytes)) as Record<string, unknown>;
      return [`| ${String(time)} | ${String(commit).slice(0, 12)} | ${String(images)} |`];
    });
    const table = `| when | commit | images |\n| --- | --- | --- |\n${rows.join("\n")}`;
    return `${title}${published} published. The last deliveries:\n\n${table}\n`;
  } catch (error) {
    if (!(error instanceof StoreUnavailable)) throw error;
    return `${title}${published} published.\n`;
  }
}
