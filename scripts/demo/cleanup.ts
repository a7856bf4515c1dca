/** Ends what the demo started, in reverse order, however it stops: at its end, on an error, on Ctrl-C. */
export class Cleanup {
  readonly #stops: { name: string; stop: () => Promise<void> }[] = [];
  #stopping: Promise<void> | undefined;

  constructor() {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
      process.once(signal, () => {
        process.stderr.write(`\nstopping (${signal})…\n`);
        void this.stopAll().finally(() => process.exit(signal === "SIGINT" ? 130 : 143));
      });
    }
  }

  /** Notes what must be stopped. */
  add(name: string, stop: () => Promise<void>): void {
    this.#stops.push({ name, stop });
  }

  /** Stops everything, once; one that does not stop does not keep the others. */
  stopAll(): Promise<void> {
    this.#stopping ??= this.#stopEach();
    return this.#stopping;
  }

  async #stopEach(): Promise<void> {
    for (let next = this.#stops.pop(); next !== undefined; next = this.#stops.pop()) {
      try {
        await next.stop();
      } catch (error) {
        process.stderr.write(`${next.name} did not stop cleanly: ${String(error)}\n`);
      }
    }
  }
}
