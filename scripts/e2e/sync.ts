import type { E2e } from "./context.ts";
import { type Application, describeApplication, isHealthy } from "./objects.ts";
import { waitUntil } from "./wait-until.ts";

/**
 * Waits until every Application is synced to a commit and healthy.
 *
 * @param commit that the root shall be at, and every child with it
 * @returns milliseconds since the epoch when that was so
 * @throws CheckFailure when the time is over, with what is not
 */
export async function waitForCommit(e2e: Observed, commit: string, timeoutMs: number): Promise<number> {
  return waitForAll(e2e, `at ${commit.slice(0, 8)} and healthy`, timeoutMs, (one) => isAt(one, commit));
}

/**
 * Waits until every Application has synced a commit: the cluster holds what it says, and pods may still start.
 *
 * @returns milliseconds since the epoch when that was so
 * @throws CheckFailure when the time is over, with what is not
 */
export async function waitForSync(e2e: Observed, commit: string, timeoutMs: number): Promise<number> {
  return waitForAll(e2e, `synced to ${commit.slice(0, 8)}`, timeoutMs, ({ status }) => {
    return status?.sync?.revision === commit && status.sync.status === "Synced";
  });
}

type Observed = Pick<E2e, "applications">;

async function waitForAll(
  { applications }: Observed,
  what: string,
  timeoutMs: number,
  isDone: (application: Application) => boolean,
): Promise<number> {
  return waitUntil(`every Application ${what}`, { timeoutMs, everyMs: 50 }, async () => {
    const all = applications.latest();
    const behind = all.filter((application) => !isDone(application));
    if (all.length > 1 && behind.length === 0) return { done: Date.now() };
    return { not: all.length === 0 ? "no Application" : behind.map(describeApplication).join(", ") };
  });
}

/** The root is at the commit when it has synced it; a child when it is told to follow it, and does. */
function isAt(application: Application, commit: string): boolean {
  const { metadata, spec, status } = application;
  if (status?.sync?.revision !== commit || status.health?.status !== "Healthy") return false;
  if (metadata.name === "root")
    return status.sync.status === "Synced" && status.operationState?.phase !== "Running";
  return spec.source.targetRevision === commit && isHealthy(application);
}
