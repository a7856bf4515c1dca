import { paint } from "../demo/print.ts";

/** One check's outcome. Times are in seconds. */
export interface CheckOutcome {
  group: string;
  what: string;
  passed: boolean;
  seconds: number;
}

/** A check that did not hold: its message says what was found and what was expected. */
export class CheckFailure extends Error {}

/**
 * Fails the check that is under way unless a condition holds.
 *
 * @param message what was found, and what was expected
 * @throws CheckFailure
 */
export function expectThat(condition: boolean, message: string | (() => string)): asserts condition {
  if (!condition) throw new CheckFailure(typeof message === "string" ? message : message());
}

/** Runs checks one after the other, prints each with its time, and counts them. */
export class Checks {
  readonly outcomes: CheckOutcome[] = [];
  #group = "";
  readonly #started = performance.now();
  readonly #out: (line: string) => void;

  constructor(out: (line: string) => void = (line) => process.stdout.write(`${line}\n`)) {
    this.#out = out;
  }

  /** Begins a group; the checks that follow belong to it. */
  group(name: string, about: string): void {
    this.#group = name;
    this.#out(`\n${paint("bold", `▸ ${name}`)}  ${paint("dim", about)}`);
  }

  /**
   * Runs one check. A check that throws has failed: the others still run.
   *
   * @param what what must be true, in words
   * @param work shows that it is; what it returns is printed beside the check
   * @returns whether it passed
   */
  async check(what: string, work: () => Promise<string | undefined>): Promise<boolean> {
    const started = performance.now();
    let failure: unknown;
    let shown: string | undefined;
    try {
      shown = await work();
    } catch (error) {
      failure = error;
    }
    const seconds = (performance.now() - started) / 1000;
    const passed = failure === undefined;
    this.outcomes.push({ group: this.#group, what, passed, seconds });
    const mark = passed ? paint("green", "ok    ") : paint("red", "FAILED");
    const detail = shown === undefined ? "" : `: ${shown}`;
    this.#out(`  ${mark} ${what}${detail} ${paint("dim", `(${seconds.toFixed(1)} s)`)}`);
    if (!passed) this.#out(describeFailure(failure).replaceAll(/^/gm, "         "));
    return passed;
  }

  line(text: string): void {
    this.#out(`  ${text}`);
  }

  /** Seconds since the first check could have begun. */
  get elapsedSeconds(): number {
    return (performance.now() - this.#started) / 1000;
  }

  get failed(): readonly CheckOutcome[] {
    return this.outcomes.filter(({ passed }) => !passed);
  }
}

/** What the check itself said has no stack; anything else is a bug of the check or of the platform, and has one. */
function describeFailure(failure: unknown): string {
  if (failure instanceof CheckFailure) return failure.message;
  return failure instanceof Error ? (failure.stack ?? failure.message) : String(failure);
}
