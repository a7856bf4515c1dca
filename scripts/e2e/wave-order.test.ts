import { expect, test } from "vitest";
import type { Application } from "./objects.ts";
import type { Observation } from "./watch-objects.ts";
import { readWaveTimes, waveViolations } from "./wave-order.ts";

const synced = "c0ffee";

function seen(
  at: number,
  name: string,
  wave: number,
  health: string,
  revision = synced,
): Observation<Application> {
  return {
    at,
    type: "MODIFIED",
    object: {
      metadata: {
        name,
        uid: name,
        creationTimestamp: "2026-01-01T00:00:00Z",
        annotations: { "argocd.argoproj.io/sync-wave": String(wave) },
      },
      spec: { project: "platform", source: { path: "overlays/local", targetRevision: synced } },
      status: {
        health: { status: health },
        sync: { status: "Synced", comparedTo: { source: { targetRevision: revision } } },
      },
    },
  };
}

test("a wave that comes after the earlier one is healthy breaks nothing", () => {
  const times = readWaveTimes([
    seen(0, "namespaces", 0, "Progressing"),
    seen(5, "namespaces", 0, "Healthy"),
    seen(6, "postgres", 2, "Progressing"),
  ]);
  expect(waveViolations(times)).toEqual([]);
});

test("a wave that comes too early is named, with what it did not wait for", () => {
  const times = readWaveTimes([
    seen(0, "namespaces", 0, "Progressing"),
    seen(4_000, "postgres", 2, "Progressing"),
    seen(5_000, "namespaces", 0, "Healthy"),
  ]);
  expect(waveViolations(times)).toEqual([
    "postgres (wave 2) came before namespaces (wave 0), which was healthy 1.0 s later",
  ]);
});

test("healthy at another revision than the wanted one is not healthy", () => {
  const times = readWaveTimes([
    seen(0, "namespaces", 0, "Healthy", "an older commit"),
    seen(1, "postgres", 2, "Progressing"),
  ]);
  expect(waveViolations(times)).toEqual([
    "postgres (wave 2) came before namespaces (wave 0), which never was healthy",
  ]);
});

test("one wave's Applications need not wait for each other, and the root is none of them", () => {
  const times = readWaveTimes([
    seen(0, "root", 0, "Progressing"),
    seen(1, "postgres", 2, "Progressing"),
    seen(2, "object-store", 2, "Progressing"),
  ]);
  expect(waveViolations(times)).toEqual([]);
});
