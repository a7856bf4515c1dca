import { readFileSync } from "node:fs";

/** Watches how much more of the machine's memory is in use than when the watch began. */
export interface MemoryWatch {
  /** Now, in MiB. */
  now(): number;
  /** The most so far, in MiB. */
  peak(): number;
  stop(): void;
}

/** Begins to watch: what is in use now counts as nothing. The page cache is not in use. */
export function watchMachineMemory(): MemoryWatch {
  const before = availableMiB();
  let peak = 0;
  const now = (): number => Math.max(0, before - availableMiB());
  const timer = setInterval(() => {
    peak = Math.max(peak, now());
  }, 1_000);
  timer.unref();
  return { now, peak: () => Math.max(peak, now()), stop: () => clearInterval(timer) };
}

function availableMiB(): number {
  const line = /^MemAvailable:\s+(\d+) kB$/m.exec(readFileSync("/proc/meminfo", "utf8"));
  return Number(line?.[1] ?? 0) / 1024;
}
