import { execFile } from "node:child_process";
import { cp } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** The repository that this file belongs to. */
const REPOSITORY = join(import.meta.dirname, "../../..");

const IDENTITY = [
  "-c",
  "user.name=Test",
  "-c",
  "user.email=test@example.invalid",
  "-c",
  "commit.gpgSign=false",
];

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
  await run("git", ["init", "--quiet", "--initial-branch=main"], { cwd: folder });
  await run("git", ["add", "--all"], { cwd: folder });
  await run("git", [...IDENTITY, "commit", "--quiet", "--message=The template"], { cwd: folder });
}

async function list(...which: string[]): Promise<string[]> {
  const options = { cwd: REPOSITORY, maxBuffer: 64 * 1024 * 1024 };
  const { stdout } = await run("git", ["ls-files", ...which, "-z"], options);
  return stdout.split("\0").filter((path) => path !== "");
}
