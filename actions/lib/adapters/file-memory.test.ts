import { existsSync } from "node:fs";
import { mkdir, readdir, utimes, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import { repositoryRoot } from "../../../scripts/setup/repository.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { fileMemory } from "./file-memory.ts";

afterEach(() => {
  vi.unstubAllEnvs();
});

const toolsDir = join(repositoryRoot, "scripts/tools");

async function emptyCache(): Promise<string> {
  const cache = await temporaryFolder();
  vi.stubEnv("WAVEHOUSE_CACHE", cache);
  return join(cache, "validate");
}

function remember(name: string, value: string): void {
  const memory = fileMemory(name, toolsDir);
  memory.set("kind", "key", value);
  memory.save();
}

/** The folders of one repository's versions. */
async function onlyRepository(validate: string): Promise<string> {
  const [repository = "", ...others] = await readdir(validate);
  expect(others).toEqual([]);
  return join(validate, repository);
}

async function writtenDaysAgo(folder: string, days: number): Promise<string> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "kind.json"), "{}");
  const then = new Date(Date.now() - days * 24 * 60 * 60 * 1000);
  await utimes(folder, then, then);
  return folder;
}

test("another run recalls what one has remembered; another repository does not", async () => {
  await emptyCache();
  remember("acme/lake", "found");
  expect(fileMemory("acme/lake", toolsDir).get("kind", "key")).toBe("found");
  expect(fileMemory("acme/pond", toolsDir).get("kind", "key")).toBeUndefined();
});

test("another content of the pins begins anew, another place of them does not", async () => {
  await emptyCache();
  const [first, moved, changed] = [await temporaryFolder(), await temporaryFolder(), await temporaryFolder()];
  for (const folder of [first, moved]) await writeFile(join(folder, "go.mod"), "module one\n");
  await writeFile(join(changed, "go.mod"), "module two\n");
  const memory = fileMemory("acme/lake", first);
  memory.set("kind", "key", "found");
  memory.save();
  expect(fileMemory("acme/lake", moved).get("kind", "key")).toBe("found");
  expect(fileMemory("acme/lake", changed).get("kind", "key")).toBeUndefined();
});

test("what nobody asked for in a run is forgotten", async () => {
  await emptyCache();
  remember("acme/lake", "found");
  const memory = fileMemory("acme/lake", toolsDir);
  memory.set("kind", "other", "new");
  memory.save();
  expect(fileMemory("acme/lake", toolsDir).get("kind", "key")).toBeUndefined();
});

test("of a repository's versions the two newest stay, and of others those of a week", async () => {
  const validate = await emptyCache();
  remember("acme/lake", "found");
  const own = await onlyRepository(validate);
  const before = await writtenDaysAgo(join(own, "before"), 1);
  const long = await writtenDaysAgo(join(own, "long"), 2);
  const gone = await writtenDaysAgo(join(validate, "gone", "version"), 8);
  const other = await writtenDaysAgo(join(validate, "other", "version"), 6);
  const toolsBeside = await temporaryFolder();
  const memory = fileMemory("acme/lake", toolsBeside);
  memory.set("kind", "key", "newer");
  memory.save();
  // The first of this test, and the one just written.
  expect((await readdir(own)).length).toBe(2);
  expect([before, long, gone].map((path) => existsSync(path))).toEqual([false, false, false]);
  expect(existsSync(other)).toBe(true);
  expect(existsSync(dirname(gone))).toBe(true);
});

test("a cache that cannot be written to is no error", async () => {
  const cache = await emptyCache();
  await writeFile(cache, "a file in the place of the folder");
  expect(() => remember("acme/lake", "found")).not.toThrow();
});
