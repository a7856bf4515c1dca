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
export async function waitForCommit(
  { applications }: Pick<E2e, "applications">,
  commit: string,
  timeoutMs: number,
): Promise<number> {
  return waitUntil(`every Application at ${commit.slice(0, 8)}`, { timeoutMs, everyMs: 50 }, async () => {
    const all = applications.latest();
    const behind = all.filter((application) => !isAt(application, commit));
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
