import { copyFile, lstat, mkdir, mkdtemp, readlink, realpath, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { gitWorkspace } from "../../actions/lib/adapters/git-workspace.ts";
import { runProcess } from "../../actions/lib/adapters/process.ts";
import { settleInParallel } from "../../actions/lib/domain/settle-in-parallel.ts";

/** A copy of a repository's files, to try something in. */
export interface ScratchCopy {
  folder: string;
  /** What is different there by now, as a unified diff; empty when nothing is. */
  diff(colour: boolean): Promise<string>;
  remove(): Promise<void>;
}

/**
 * Copies the files of a repository, uncommitted changes too and without what Git ignores, into a new folder.
 *
 * @param root absolute path of the repository
 * @throws UserError without Git
 */
export async function scratchCopy(root: string): Promise<ScratchCopy> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), "wavehouse-dry-run-")));
  const git = (...args: string[]) => runProcess({ file: "git", args, cwd: folder });
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    const entries = await gitWorkspace(root).list("");
    const outcomes = await settleInParallel(32, entries, ({ path }) => copy(root, folder, path));
    for (const outcome of outcomes) if (outcome.status === "rejected") throw outcome.reason;
    await git("init", "--quiet");
    // Line ends are part of what is compared.
    await git("config", "core.autocrlf", "false");
    await git("add", "--all", "--force");
  } catch (error) {
    await remove();
    throw error;
  }
  return {
    folder,
    remove,
    diff: async (colour) => {
      await git("add", "--all", "--intent-to-add");
      const { stdout } = await git("diff", "--no-ext-diff", `--color=${colour ? "always" : "never"}`);
      return stdout.toString("utf8");
    },
  };
}

async function copy(root: string, folder: string, path: string): Promise<void> {
  const [from, to] = [join(root, path), join(folder, path)];
  await mkdir(dirname(to), { recursive: true });
  if ((await lstat(from)).isSymbolicLink()) await symlink(await readlink(from), to);
  else await copyFile(from, to);
}
