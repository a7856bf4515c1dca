import { expect, test } from "vitest";
import { parseMoment } from "./moment.ts";

test.each([
  ["2026-11-20T12:00Z", "2026-11-20T12:00:00.000Z"],
  ["2026-11-20T13:00:30+01:00", "2026-11-20T12:00:30.000Z"],
  ["2026-11-20 07:00:30.25-0500", "2026-11-20T12:00:30.250Z"],
  ["2024-02-29t00:00z", "2024-02-29T00:00:00.000Z"],
])("%s is %s", (text, expected) => {
  expect(new Date(parseMoment(text) ?? 0).toISOString()).toBe(expected);
});

test.each([
  "2026-11-20",
  "2026-11-20T12:00",
  "2026-11-31T12:00Z",
  "2026-02-29T12:00Z",
  "2026-11-20T25:00Z",
  "20261120",
  "3f2c91ab",
  "yesterday",
])("%s is no time", (text) => {
  expect(parseMoment(text)).toBeUndefined();
});
