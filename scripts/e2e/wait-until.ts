import { setTimeout as sleep } from "node:timers/promises";
import { CheckFailure } from "./checks.ts";

/** How to wait: a bound is always given, so that no check hangs. */
export interface WaitOptions {
  timeoutMs: number;
  everyMs?: number;
}

/**
 * Asks again and again until there is an answer.
 *
 * @param what what is waited for, for the message
 * @param ask returns the answer, or a text that says how things stand now
 * @returns the answer
 * @throws CheckFailure when the time is over, with how things stood last
 */
export async function waitUntil<T>(
  what: string,
  { timeoutMs, everyMs = 500 }: WaitOptions,
  ask: () => Promise<{ done: T } | { not: string }>,
): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  while (true) {
    const answer = await ask();
    if ("done" in answer) return answer.done;
    if (performance.now() > deadline) {
      throw new CheckFailure(`${what}: not after ${timeoutMs / 1000} s; last seen: ${answer.not}`);
    }
    await sleep(everyMs);
  }
}
