import { randomBytes } from "node:crypto";
import { constants } from "node:fs";
import {
  access,
  mkdir,
  open,
  readdir,
  readFile,
  realpath,
  rename,
  rm,
  stat,
  symlink,
} from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** After this long a lock is taken for abandoned: publishing is atomic, so the worst that follows is work done twice. */
const lockExpiresMs = 45 * 60_000;

/**
 * Makes a folder of the cache exactly once, however many processes ask for it at the same time: one builds beside
 * it, the others wait, and the result appears in one step. A build that fails or is killed leaves nothing there.
 *
 * @param target the folder's path; it exists only when it is complete
 * @param build fills the empty folder that it is given
 * @param options `relocatable: false` keeps the result where it was built and makes `target` a link to it, for
 *   results that hold their own path (Python's virtual environments)
 * @returns true when it was built now, false when it was there
 * @throws what `build` throws
 */
export async function buildOnce(
  target: string,
  build: (folder: string) => Promise<void>,
  options: { relocatable?: boolean } = {},
): Promise<boolean> {
  if (await exists(target)) return false;
  await mkdir(dirname(target), { recursive: true });
  const release = await lock(target);
  try {
    if (await exists(target)) return false;
    await removeLeftovers(target);
    const folder = join(
      dirname(target),
      `.${basename(target)}.${process.pid}.${randomBytes(4).toString("hex")}`,
    );
    await mkdir(folder);
    try {
      await build(folder);
      await publish(folder, target, options.relocatable ?? true);
    } catch (error) {
      await rm(folder, { recursive: true, force: true });
      throw error;
    }
    return true;
  } finally {
    await release();
  }
}

async function publish(folder: string, target: string, relocatable: boolean): Promise<void> {
  if (!relocatable) {
    const link = `${folder}.link`;
    await symlink(basename(folder), link);
    await rename(link, target);
    return;
  }
  try {
    await rename(folder, target);
  } catch (error) {
    // Another process whose lock we did not see was faster; its result is as good as ours.
    if (!(await exists(target))) throw error;
    await rm(folder, { recursive: true, force: true });
  }
}

/** Takes the lock of `target`, or waits until the target is there or the lock's owner is gone. */
async function lock(target: string): Promise<() => Promise<void>> {
  const path = `${target}.lock`;
  for (;;) {
    try {
      const file = await open(path, "wx");
      await file.writeFile(String(process.pid));
      await file.close();
      return () => rm(path, { force: true });
    } catch (error) {
      if (!isCode(error, "EEXIST")) throw error;
    }
    if (await exists(target)) return async () => {};
    if (await isAbandoned(path)) await rm(path, { force: true });
    else await sleep(100);
  }
}

async function isAbandoned(path: string): Promise<boolean> {
  try {
    const age = Date.now() - (await stat(path)).mtimeMs;
    if (age > lockExpiresMs) return true;
    const pid = Number(await readFile(path, "utf8"));
    return pid > 0 ? !isAlive(pid) : age > 5_000; // empty: made, not yet written
  } catch (error) {
    if (isCode(error, "ENOENT")) return false;
    throw error;
  }
}

/** Removes what builds of this target that were killed left behind. */
async function removeLeftovers(target: string): Promise<void> {
  const prefix = `.${basename(target)}.`;
  for (const name of await readdir(dirname(target))) {
    if (!name.startsWith(prefix)) continue;
    const pid = Number(name.slice(prefix.length).split(".")[0]);
    if (pid !== process.pid && isAlive(pid)) continue;
    await rm(join(dirname(target), name), { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return isCode(error, "EPERM");
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await access(await realpath(path), constants.F_OK);
    return true;
  } catch (error) {
    if (isCode(error, "ENOENT")) return false;
    throw error;
  }
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
