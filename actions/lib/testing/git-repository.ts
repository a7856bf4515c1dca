import { temporaryFolder } from "./temporary-folder.ts";
import { testGit } from "./test-git.ts";
import { writeFiles } from "./write-files.ts";

/** A real Git repository in a temporary folder, untouched by the settings of whoever runs the test. */
export interface GitRepository {
  root: string;
  /** Runs Git there; returns what it printed, without the last line end. */
  git(...args: string[]): Promise<string>;
  write(path: string, content: string | Uint8Array): Promise<void>;
}

/**
 * Makes a repository whose first commit holds these files; it is removed when the running test ends.
 *
 * @param files content by path
 */
export async function gitRepository(files: Readonly<Record<string, string>> = {}): Promise<GitRepository> {
  const root = await temporaryFolder();
  const git = testGit(root);
  const write = (path: string, content: string | Uint8Array): Promise<void> =>
    writeFiles(root, { [path]: content });
  await git("init", "--quiet", "--initial-branch=main");
  await writeFiles(root, files);
  await git("add", "--all");
  await git("commit", "--quiet", "--allow-empty", "--message=first");
  return { root, git, write };
}
