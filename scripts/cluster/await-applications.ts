import { setTimeout as sleep } from "node:timers/promises";
import { UserError } from "../../actions/lib/domain/user-error.ts";
import type { Kubectl } from "./kubectl.ts";
import { type ApplicationState, isDone, readApplications, renderApplications } from "./status.ts";

/**
 * Waits until every Application is Synced and Healthy, and tells of each change on the way.
 *
 * @param commit where the root shall be; wherever it is when not known
 * @param timeoutMs how long without a change is too long
 * @throws UserError with the table of what is not done
 */
export async function awaitApplications(
  kubectl: Kubectl,
  commit: string | undefined,
  log: (line: string) => void,
  timeoutMs = 10 * 60_000,
): Promise<void> {
  const started = performance.now();
  const told = new Map<string, string>();
  let changed = performance.now();
  for (let settled = 0; ; await sleep(1_000)) {
    const states = await readApplications(kubectl, commit);
    for (const state of states) {
      const text = `${state.sync}, ${state.health}`;
      if (told.get(state.name) === text) continue;
      told.set(state.name, text);
      changed = performance.now();
      log(`${((performance.now() - started) / 1000).toFixed(0).padStart(4)} s  ${state.name}: ${text}`);
    }
    // The root's own health says nothing until it has made the others: look twice.
    settled = isAllDone(states) ? settled + 1 : 0;
    if (settled >= 2) return;
    if (performance.now() - changed > timeoutMs) throw stuck(states, timeoutMs);
  }
}

function isAllDone(states: readonly ApplicationState[]): boolean {
  return states.length > 1 && states.every(isDone);
}

function stuck(states: readonly ApplicationState[], timeoutMs: number): UserError {
  const table = renderApplications(states.filter((state) => !isDone(state))).join("\n  ");
  return new UserError(
    `nothing has changed for ${timeoutMs / 60_000} minutes and not all is healthy:\n  ${table}\n` +
      "npm run cluster -- status shows it again, npm run cluster -- logs COMPONENT what a process says",
  );
}
