import { setFlagsFromString } from "node:v8";

/**
 * Keeps the young part of the heap at its first size. It doubles as work comes in, and what thousands of files leave
 * behind waits there to be thrown away: at 500 pipelines 190 MiB, for a twentieth of the time.
 */
export function keepHeapSmall(): void {
  setFlagsFromString("--semi-space-growth-factor=1");
}
