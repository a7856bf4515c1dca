import { mkdir, readdir, readFile, realpath, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { buildOnce } from "./build-once.ts";
import { temporaryFolder } from "./testing.ts";

test("many at once build once, and all see it whole", async () => {
  const target = join(await temporaryFolder(), "thing");
  let builds = 0;
  const one = (): Promise<boolean> =>
    buildOnce(target, async (folder) => {
      builds += 1;
      await sleep(150);
      await writeFile(join(folder, "file"), "whole");
    });
  expect((await Promise.all([one(), one(), one()])).sort()).toEqual([false, false, true]);
  expect(builds).toBe(1);
  expect(await readFile(join(target, "file"), "utf8")).toBe("whole");
  expect(await readdir(dirname(target))).toEqual(["thing"]);
});

test("a failure leaves nothing, and the next one builds", async () => {
  const target = join(await temporaryFolder(), "thing");
  await expect(buildOnce(target, () => Promise.reject(new Error("no network")))).rejects.toThrow(
    "no network",
  );
  expect(await readdir(dirname(target))).toEqual([]);
  expect(await buildOnce(target, (folder) => writeFile(join(folder, "file"), ""))).toBe(true);
});

test("what a killed build left is cleared away: its lock and its folder", async () => {
  const root = await temporaryFolder();
  const dead = 2 ** 22 + 1; // above every process id
  await writeFile(join(root, "thing.lock"), String(dead));
  await mkdir(join(root, `.thing.${dead}.abcd`));
  expect(await buildOnce(join(root, "thing"), (folder) => writeFile(join(folder, "file"), ""))).toBe(true);
  expect(await readdir(root)).toEqual(["thing"]);
});

test("what cannot be moved stays where it was built, behind a link", async () => {
  const target = join(await temporaryFolder(), "thing");
  let built = "";
  await buildOnce(
    target,
    async (folder) => {
      built = await realpath(folder);
      await writeFile(join(folder, "file"), "");
    },
    { relocatable: false },
  );
  expect(await realpath(target)).toBe(built);
  expect(await readdir(target)).toEqual(["file"]);
  expect(basename(built)).toMatch(/^\.thing\./);
  expect(await buildOnce(target, () => Promise.reject(new Error("built twice")))).toBe(false);
});
