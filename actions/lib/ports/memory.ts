/** What earlier runs worked out. It is only ever a help: without it everything is worked out anew. */
export interface Memory {
  /** @returns what was last kept under this name, `undefined` where nothing was */
  get(kind: string, name: string): unknown;
  /** Keeps plain data. What a run neither gets nor sets is forgotten. */
  set(kind: string, name: string, value: unknown): void;
  /** Keeps it for later runs. Never fails: who loses a race with another run loses a help, and nothing else. */
  save(): void;
}
