import { runProcess } from "../adapters/process.ts";
import { temporaryFolder } from "./temporary-folder.ts";

/** Commits have an author and no signature, whatever the settings of whoever runs the test. */
const SETTINGS = ["user.name=Test", "user.email=test@example.invalid", "commit.gpgSign=false"];

/**
 * Runs Git in a folder.
 *
 * @param folder where
 * @param env on top of this process's
 * @returns a function that takes Git's arguments and returns what it printed, without the last line end
 * @throws ProcessError when it fails
 */
export function testGit(
  folder: string,
  env: Readonly<Record<string, string>> = {},
): (...args: string[]) => Promise<string> {
  const settings = SETTINGS.flatMap((setting) => ["-c", setting]);
  return async (...args) => {
    const { stdout } = await runProcess({ file: "git", args: [...settings, ...args], cwd: folder, env });
    return stdout.toString().replace(/\n$/, "");
  };
}

/** @returns the folder of an empty bare repository, for others to push to; it is removed when the running test ends */
export async function bareRepository(): Promise<string> {
  const folder = await temporaryFolder();
  await testGit(folder)("init", "--quiet", "--bare", "--initial-branch=main");
  return folder;
}
