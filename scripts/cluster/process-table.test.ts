import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import { temporaryFolder } from "../../actions/lib/testing/temporary-folder.ts";
import { processStart } from "./process-start.ts";
import { endProcess, isRunning, ProcessTable } from "./process-table.ts";

let table: ProcessTable;
let folder: string;

beforeEach(async () => {
  folder = await temporaryFolder();
  table = new ProcessTable({ processes: join(folder, "processes"), logs: join(folder, "logs") });
});

const sleeper = { name: "sleeper", file: "sleep", args: ["60"] };

function pidOf(name: string): number {
  const found = table.list().find((record) => record.name === name);
  if (found === undefined) throw new Error(`${name} is not in the table`);
  return found.pid;
}

test("a process is started once, and found again by another table of the same folder", async () => {
  onTestFinished(() => table.stop("sleeper", 0));
  expect(await table.ensure(sleeper)).toBe(true);
  const again = new ProcessTable({ processes: join(folder, "processes"), logs: join(folder, "logs") });
  expect(await again.ensure(sleeper)).toBe(false);
  expect(again.list()).toMatchObject([{ name: "sleeper", state: "running", pid: pidOf("sleeper") }]);
});

test.each([
  ["its arguments", { ...sleeper, args: ["61"] }],
  ["its configuration", { ...sleeper, configuration: ["other"] }],
])("a process is started anew when %s changed", async (_, changed) => {
  onTestFinished(() => table.stop("sleeper", 0));
  await table.ensure(sleeper);
  const before = pidOf("sleeper");
  expect(await table.ensure(changed)).toBe(true);
  expect(pidOf("sleeper")).not.toBe(before);
  expect(processStart(before)).toBeUndefined();
});

test("a process that does not listen is killed, and what it wrote is kept", async () => {
  const stubborn = {
    name: "stubborn",
    file: "sh",
    args: ["-c", "trap '' TERM; echo here; while :; do sleep 0.1; done"],
  };
  await table.ensure(stubborn);
  const pid = pidOf("stubborn");
  const log = (): string => readFileSync(table.logFile("stubborn"), "utf8");
  while (log() === "") await new Promise((resolve) => setTimeout(resolve, 20));
  await table.stop("stubborn", 200);
  expect(processStart(pid)).toBeUndefined();
  expect(table.list()).toEqual([]);
  expect(log()).toBe("here\n");
});

test("a number that was given to another process is left alone", async () => {
  await table.ensure(sleeper);
  const pid = pidOf("sleeper");
  const started = processStart(pid) ?? "";
  onTestFinished(() => endProcess({ pid, started }, 0));
  const file = join(folder, "processes", "sleeper.json");
  writeFileSync(file, JSON.stringify({ name: "sleeper", pid, started: "1", stamp: "" }));
  expect(table.list()).toMatchObject([{ state: "gone" }]);
  await table.stop("sleeper");
  expect(isRunning({ pid, started })).toBe(true);
});

test("a program that is not there is told of", async () => {
  await expect(table.ensure({ name: "none", file: "/no/such/program", args: [] })).rejects.toThrow("ENOENT");
  expect(table.list()).toEqual([]);
});
