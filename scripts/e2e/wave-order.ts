import { type Application, isHealthy, waveOf } from "./objects.ts";
import type { Observation } from "./watch-objects.ts";

/** When an Application came, and when it was first where its source is and worked. Milliseconds since the epoch. */
export interface WaveTimes {
  name: string;
  wave: number;
  createdAt: number;
  healthyAt: number | undefined;
}

/**
 * Reads from a recording when each Application came and was first healthy, in the order in which they came.
 *
 * @param observations of Applications, from before the first of them
 * @param root the app of apps, which is healthy last and left out
 */
export function readWaveTimes(observations: readonly Observation<Application>[], root = "root"): WaveTimes[] {
  const times = new Map<string, WaveTimes>();
  for (const { at, type, object } of observations) {
    const { name } = object.metadata;
    if (name === root || type === "DELETED") continue;
    const known = times.get(name) ?? { name, wave: waveOf(object), createdAt: at, healthyAt: undefined };
    if (isHealthy(object)) known.healthyAt ??= at;
    times.set(name, known);
  }
  return [...times.values()];
}

/**
 * Finds every Application that came before an earlier wave was healthy.
 *
 * @returns a line for each; none when the waves were respected
 */
export function waveViolations(times: readonly WaveTimes[]): string[] {
  return times.flatMap((later) =>
    times.flatMap((earlier) => {
      if (earlier.wave >= later.wave) return [];
      if (earlier.healthyAt !== undefined && earlier.healthyAt <= later.createdAt) return [];
      const when =
        earlier.healthyAt === undefined
          ? "which never was healthy"
          : `which was healthy ${((earlier.healthyAt - later.createdAt) / 1000).toFixed(1)} s later`;
      return [
        `${later.name} (wave ${later.wave}) came before ${earlier.name} (wave ${earlier.wave}), ${when}`,
      ];
    }),
  );
}

/** A line for each wave: its Applications, and when it began and was healthy, in seconds since the first came. */
export function renderWaveTimes(times: readonly WaveTimes[]): string[] {
  const start = Math.min(...times.map(({ createdAt }) => createdAt));
  const waves = [...new Set(times.map(({ wave }) => wave))].sort((a, b) => a - b);
  return waves.map((wave) => {
    const members = times.filter((one) => one.wave === wave);
    const began = Math.min(...members.map(({ createdAt }) => createdAt));
    const healthy = Math.max(...members.map(({ healthyAt }) => healthyAt ?? Number.NaN));
    const names = members.map(({ name }) => name).join(", ");
    return `wave ${wave}  ${seconds(began - start)} → ${seconds(healthy - start)}  ${names}`;
  });
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1).padStart(6)} s`;
}
