import { setTimeout as sleep } from "node:timers/promises";
import { CheckFailure, expectThat } from "./checks.ts";
import type { E2e } from "./context.ts";
import { waveOf } from "./objects.ts";
import { waitForCommit } from "./sync.ts";
import { waitUntil } from "./wait-until.ts";

const overlay = "overlays/local/database/postgres/kustomization.yaml";
const databaseWave = 2;
const watchMs = 20_000;
const mendTimeoutMs = 240_000;

/** A database that never gets ready: what stands on it is not touched until it is mended. */
export async function checkHoldAtUpdate(e2e: E2e): Promise<void> {
  const { checks, clone } = e2e;
  checks.group("hold at an update", "a database that never gets ready holds every later wave");
  const good = await clone.head();
  let bad = "";
  await checks.check("the waves after the database's stay at the commit before", async () => {
    await breakDatabase(e2e);
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
    await clone.restore(overlay, good);
    const mend = await clone.push("Mend the database");
    const at = Date.now();
    const synced = await waitForCommit(e2e, mend, mendTimeoutMs);
    return `all at the mending commit ${((synced - at) / 1000).toFixed(0)} s after its push`;
  });
}

/** Gives PostgreSQL a readiness probe that never passes. */
export async function breakDatabase({ clone }: Pick<E2e, "clone">): Promise<void> {
  const patch = [
    "patches:",
    "  - target: { kind: StatefulSet, name: postgres }",
    "    patch: |-",
    "      - op: replace",
    "        path: /spec/template/spec/containers/0/readinessProbe",
    "        value: { exec: { command: ['false'] }, periodSeconds: 2 }",
    "",
  ].join("\n");
  await clone.edit(overlay, (text) => {
    if (/^patches:/m.test(text))
      throw new CheckFailure(`${overlay} has patches of its own: add this one to them`);
    return `${text.trimEnd()}\n${patch}`;
  });
}

function later({ applications }: E2e) {
  return applications.latest().filter((one) => one.metadata.name !== "root" && waveOf(one) > databaseWave);
}

function find({ applications }: E2e, name: string) {
  return applications.latest().find(({ metadata }) => metadata.name === name);
}
