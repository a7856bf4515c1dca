import { cp } from "node:fs/promises";
import { join } from "node:path";
import { testGit } from "./test-git.ts";

/** The repository that this file belongs to. */
const REPOSITORY = join(import.meta.dirname, "../../..");

/**
 * Makes a Git repository whose one commit, on `main`, holds this repository's files as they are in the working tree:
 * those that Git tracks and those that it would add.
 *
 * @param folder an existing, empty folder
 */
export async function copyWorkingTree(folder: string): Promise<void> {
  const [listed, deleted] = await Promise.all([
    list("--cached", "--others", "--exclude-standard"),
    list("--deleted"),
  ]);
  for (const path of listed.filter((candidate) => !deleted.includes(candidate))) {
    await cp(join(REPOSITORY, path), join(folder, path), { verbatimSymlinks: true });
  }
  const git = testGit(folder);
  await git("init", "--quiet", "--initial-branch=main");
  await git("add", "--all");
  await git("commit", "--quiet", "--message=The template");
}

async function list(...which: string[]): Promise<string[]> {
  return (await testGit(REPOSITORY)("ls-files", ...which, "-z")).split("\0").filter((path) => path !== "");
}
