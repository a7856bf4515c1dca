import { setTimeout as sleep } from "node:timers/promises";
import { CheckFailure, type Checks, expectThat } from "./checks.ts";
import type { E2e } from "./context.ts";
import { waveOf } from "./objects.ts";
import { waitForCommit } from "./sync.ts";
import { waitUntil } from "./wait-until.ts";

/** What differs for the database in the environment that is tried. */
export const databaseOverlay = "overlays/local/database/postgres/kustomization.yaml";
const databaseWave = 2;
const watchMs = 20_000;
const mendTimeoutMs = 240_000;
/** All that was held is still to be installed then. */
const installTimeoutMs = 480_000;

/** A database that never gets ready: what stands on it is not touched until it is mended. */
export async function checkHoldAtUpdate(e2e: E2e): Promise<void> {
  const { checks, clone } = e2e;
  checks.group("hold at an update", "a database that never gets ready holds every later wave");
  let bad = "";
  await checks.check("the waves after the database's stay at the commit before", async () => {
    await clone.edit(databaseOverlay, breakDatabase);
    bad = await clone.push("A database that never gets ready");
    await waitUntil("the broken database is being synced", { timeoutMs: 60_000 }, async () => {
      const postgres = find(e2e, "postgres");
      return postgres?.spec.source.targetRevision === bad && postgres.status?.health?.status === "Progressing"
        ? { done: undefined }
        : { not: `${postgres?.spec.source.targetRevision} ${postgres?.status?.health?.status}` };
    });
    const from = Date.now();
    while (Date.now() - from < watchMs) {
      const moved = later(e2e).filter(({ spec }) => spec.source.targetRevision === bad);
      expectThat(
        moved.length === 0,
        () => `moved on: ${moved.map(({ metadata }) => metadata.name).join(", ")}`,
      );
      await sleep(200);
    }
    expectThat(later(e2e).length > 0, "there is no later wave: nothing could have moved");
    return `watched for ${watchMs / 1000} s`;
  });
  await checks.check("mended, the sync goes on by itself", async () => {
    await clone.edit(databaseOverlay, mendDatabase);
    const mend = await clone.push("Mend the database");
    const at = Date.now();
    const synced = await waitForCommit(e2e, mend, mendTimeoutMs);
    return `all at the mending commit ${((synced - at) / 1000).toFixed(0)} s after its push`;
  });
}

/** Appended to the overlay: a readiness probe that never passes. */
const broken = `patches:
  - target: { kind: StatefulSet, name: postgres }
    patch: |-
      - op: replace
        path: /spec/template/spec/containers/0/readinessProbe
        value: { exec: { command: ["false"] }, periodSeconds: 2 }
`;

/** The overlay's text with a database that never gets ready. */
export function breakDatabase(text: string): string {
  if (/^patches:/m.test(text))
    throw new CheckFailure(`${databaseOverlay} has patches of its own: add this one to them`);
  return `${text.trimEnd()}\n${broken}`;
}

function mendDatabase(text: string): string {
  return text.replace(broken, "");
}

function later({ applications }: E2e) {
  return applications.latest().filter((one) => one.metadata.name !== "root" && waveOf(one) > databaseWave);
}

function find({ applications }: E2e, name: string) {
  return applications.latest().find(({ metadata }) => metadata.name === name);
}

/** A platform that is being installed. */
export interface Installing {
  /** What is recorded from its beginning. */
  e2e: E2e;
  /** Ends when whoever installs it says that all is healthy. */
  installed: Promise<void>;
}

/**
 * A database that never gets ready from the first sync on: nothing that stands on it is made until it is mended.
 *
 * @param begin begins the platform with the database broken
 * @returns seconds until all was healthy, without those in which it was held: until the mend came to the database
 */
export async function checkHoldAtFirstSync(
  checks: Checks,
  begin: () => Promise<Installing>,
): Promise<number> {
  checks.group("hold at the first sync", "a database that never gets ready holds every later wave");
  const started = performance.now();
  let [held, mended] = [started, started];
  const { e2e, installed } = await begin();
  // Told below.
  installed.catch(() => undefined);
  await checks.check("no Application of a wave after the database's is made", async () => {
    await waitUntil("the broken database is being synced", { timeoutMs: 240_000 }, async () => {
      const health = find(e2e, "postgres")?.status?.health?.status;
      return health === "Progressing" ? { done: undefined } : { not: `postgres is ${health ?? "not there"}` };
    });
    held = performance.now();
    while (performance.now() - held < watchMs) {
      const made = later(e2e).map(({ metadata }) => metadata.name);
      expectThat(made.length === 0, () => `made: ${made.join(", ")}`);
      await sleep(200);
    }
    return `watched for ${watchMs / 1000} s`;
  });
  await checks.check("mended, the sync goes on by itself to the last wave", async () => {
    await e2e.clone.edit(databaseOverlay, mendDatabase);
    const mend = await e2e.clone.push("Mend the database");
    const at = Date.now();
    await waitUntil("the mend comes to the database", { timeoutMs: installTimeoutMs }, async () => {
      const revision = find(e2e, "postgres")?.spec.source.targetRevision;
      return revision === mend ? { done: undefined } : { not: `postgres is at ${revision}` };
    });
    mended = performance.now();
    const synced = await waitForCommit(e2e, mend, installTimeoutMs);
    return `all healthy ${((synced - at) / 1000).toFixed(0)} s after the mend's push`;
  });
  await checks.check("`up --context`, which began it, waited all the while and ends well", async () => {
    await installed;
    return undefined;
  });
  return (performance.now() - started - (mended - held)) / 1000;
}
