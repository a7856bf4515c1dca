import { setTimeout as sleep } from "node:timers/promises";
import { UserError } from "../../actions/lib/domain/user-error.ts";
import type { Kubectl } from "./kubectl.ts";
import { type ApplicationState, isDone, readApplications, renderApplications } from "./status.ts";
import { readTroubles } from "./troubles.ts";

/** A trouble is told when it lasts: many pass by themselves while things come up. */
const lastingMs = 15_000;
/** Of every so many looks at the Applications; it asks for much more. */
const looksForTrouble = 5;
const shownAtOnce = 10;

/**
 * Waits until every Application is Synced and Healthy, and tells of each change on the way, and of pods that do not
 * start.
 *
 * @param commit where the root shall be; wherever it is when not known
 * @param timeoutMs how long without a change is too long
 * @throws UserError with what is not done, and why
 */
export async function awaitApplications(
  kubectl: Kubectl,
  commit: string | undefined,
  log: (line: string) => void,
  timeoutMs = 10 * 60_000,
): Promise<void> {
  const started = performance.now();
  const told = new Map<string, string>();
  const troubles = new Troubles();
  let changed = performance.now();
  const tell = (line: string): void => {
    changed = performance.now();
    log(`${((changed - started) / 1000).toFixed(0).padStart(4)} s  ${line}`);
  };
  let seen: string[] = [];
  for (let settled = 0, looks = 0; ; looks += 1, await sleep(1_000)) {
    const states = await readApplications(kubectl, commit);
    for (const state of states) {
      const text = `${state.sync}, ${state.health}`;
      if (told.get(state.name) === text) continue;
      told.set(state.name, text);
      tell(`${state.name}: ${text}`);
    }
    // The root's own health says nothing until it has made the others: look twice.
    settled = isAllDone(states) ? settled + 1 : 0;
    if (settled >= 2) return;
    if (looks % looksForTrouble === looksForTrouble - 1) seen = await readTroubles(kubectl);
    for (const line of troubles.lasting(seen)) tell(line);
    if (performance.now() - changed > timeoutMs) throw stuck(states, seen, timeoutMs);
  }
}

function isAllDone(states: readonly ApplicationState[]): boolean {
  return states.length > 1 && states.every(isDone);
}

/** Remembers since when each trouble is there, and which were told. */
class Troubles {
  #since = new Map<string, number>();
  readonly #told = new Set<string>();

  /** Those that have lasted and were not told yet. */
  lasting(seen: readonly string[]): string[] {
    const now = performance.now();
    this.#since = new Map(seen.map((line) => [line, this.#since.get(line) ?? now]));
    const due = seen.filter(
      (line) => now - (this.#since.get(line) ?? now) >= lastingMs && !this.#told.has(line),
    );
    for (const line of due) this.#told.add(line);
    return due;
  }
}

function stuck(
  states: readonly ApplicationState[],
  troubles: readonly string[],
  timeoutMs: number,
): UserError {
  const lines = [
    ...renderApplications(states.filter((state) => !isDone(state))),
    ...troubles.slice(0, shownAtOnce),
    ...(troubles.length > shownAtOnce ? [`and ${troubles.length - shownAtOnce} more`] : []),
  ];
  return new UserError(
    `nothing has changed for ${timeoutMs / 60_000} minutes and not all is healthy:\n  ${lines.join("\n  ")}\n` +
      "npm run cluster -- status shows it again, npm run cluster -- logs COMPONENT what a process says",
  );
}
