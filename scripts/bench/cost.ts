import { readFileSync } from "node:fs";

/** What something takes. */
export interface Cost {
  seconds: number;
  /** Seconds of the processor, of all processes together: they stay the same when the machine has other work. */
  cpu: number;
}

/** @returns tells what has been taken since, by this process and by those that it has waited for */
export function startClock(): () => Cost {
  const [started, before] = [performance.now(), cpuSeconds()];
  return () => ({ seconds: (performance.now() - started) / 1000, cpu: cpuSeconds() - before });
}

/** 0 where there is no `/proc`. */
function cpuSeconds(): number {
  try {
    // Behind the program's name, which may hold anything: user and system, own and of children, in ticks of 10 ms.
    const fields = readFileSync("/proc/self/stat", "utf8")
      .replace(/^.*\) /s, "")
      .split(" ");
    return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) / 100;
  } catch {
    return 0;
  }
}
