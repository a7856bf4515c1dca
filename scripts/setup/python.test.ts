import { copyFile, readdir, readFile, realpath, rm, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { cacheRoot } from "kubeconform-wrapper";
import { beforeEach, describe, expect, test } from "vitest";
import { runProcess } from "../../actions/lib/adapters/process.ts";
import { temporaryFolder } from "../../actions/lib/testing/temporary-folder.ts";
import { writeProgram } from "../../actions/lib/testing/write-program.ts";
import { type PythonOptions, preparePython } from "./python.ts";
import { runtimeDir } from "./repository.ts";

let options: PythonOptions & { locks: string; cacheDir: string };

/** One small package of the real lock, and the real uv: all that happens, happens to both alike. */
beforeEach(async () => {
  const locks = await temporaryFolder();
  const lock = await readFile(join(runtimeDir, "requirements.lock"), "utf8");
  const [zipp = ""] = /^zipp==[^\n]*\n(?: {4}--hash[^\n]*\n)+/m.exec(lock) ?? [];
  await writeFile(join(locks, "requirements.lock"), zipp.replace(/ \\\n$/, "\n"));
  await copyFile(join(runtimeDir, "uv.lock.txt"), join(locks, "uv.lock.txt"));
  options = { locks, oldest: "3.11", cacheDir: await temporaryFolder() };
});

/** Lends the tests the uv that the real environment was made with, which is of the same lock. */
async function lendUv(): Promise<void> {
  await preparePython({ oldest: "3.11" });
  await symlink(join(cacheRoot(), "uv"), join(options.cacheDir, "uv"));
}

test("makes the locked environment once, also when two ask at once, and anew when it is broken", {
  timeout: 600_000,
}, async () => {
  await lendUv();
  const [one, two] = await Promise.all([preparePython(options), preparePython(options)]);
  expect(one).toEqual(two);
  const { stdout } = await runProcess({
    file: one.python,
    args: ["-c", "import zipp; print(zipp.__file__)"],
  });
  expect(await realpath(stdout.toString().trim())).toContain(await realpath(one.home));
  expect((await readdir(join(options.cacheDir, "python"))).length).toBe(2); // the environment, and the link to it
  const { mtimeMs } = await stat(one.home);
  await preparePython(options);
  expect((await stat(one.home)).mtimeMs).toBe(mtimeMs);
  await rm(join(one.bin, "python"));
  await preparePython(options);
  await runProcess({ file: one.python, args: ["-c", "import zipp"] });
});

test("refuses a package that is not the locked one", { timeout: 600_000 }, async () => {
  await lendUv();
  const path = join(options.locks, "requirements.lock");
  const lock = await readFile(path, "utf8");
  await writeFile(path, lock.replaceAll(/sha256:..../g, "sha256:0000"));
  await expect(preparePython(options)).rejects.toThrow(
    /a package is not the one that the lock pins: do not use it/,
  );
  expect(await readdir(join(options.cacheDir, "python"))).toEqual([]);
});

describe("says what to do", () => {
  const tells = (version: string, venv: boolean): string =>
    `echo '{"program": "/opt/${version}/python", "version": "${version}", "venv": ${venv}}'`;

  test("without Python", async () => {
    await expect(preparePython({ ...options, env: { PATH: "" } })).rejects.toThrow(
      /Python 3\.11 or later is needed, with its venv module, and on PATH there is none\. Install it/,
    );
  });

  test("with one that is too old, and one that lacks venv", async () => {
    const bin = await temporaryFolder();
    await writeProgram(bin, "python3", tells("3.9.2", true));
    await writeProgram(bin, "python3.12", tells("3.12.1", false));
    await expect(preparePython({ ...options, env: { PATH: bin } })).rejects.toThrow(
      "there is only 3.9.2 (/opt/3.9.2/python), 3.12.1 (/opt/3.12.1/python), which lacks the venv module.",
    );
  });

  test("without the network", { timeout: 600_000 }, async () => {
    await lendUv();
    const env = { UV_OFFLINE: "1", UV_CACHE_DIR: join(options.cacheDir, "uv-cache") };
    await expect(preparePython({ ...options, env })).rejects.toThrow(
      /^installing requirements\.lock failed; the first time this needs the network/,
    );
  });
});
