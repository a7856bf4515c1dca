import { UserError } from "../domain/user-error.ts";
import type { GitOptions } from "./git.ts";
import { runProcess } from "./process.ts";

/**
 * Fetches what a shallow clone lacks: what is cut off would look as if it had never been.
 *
 * @param options where it is
 * @returns whether something was missing
 * @throws UserError when the remote does not give it
 */
export async function deepenClone(options: Omit<GitOptions, "identity">): Promise<boolean> {
  const call = (...args: string[]): ReturnType<typeof runProcess> =>
    runProcess({
      file: "git",
      args,
      cwd: options.root,
      env: { LC_ALL: "C", GIT_TERMINAL_PROMPT: "0", ...options.env },
    });
  const { stdout } = await call("rev-parse", "--is-shallow-repository");
  if (stdout.toString().trim() !== "true") return false;
  const remote = options.remote ?? "origin";
  try {
    await call("fetch", "--quiet", "--unshallow", "--no-tags", remote);
    return true;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UserError(
      `this clone is shallow, and ${remote} does not give the rest: check out with \`fetch-depth: 0\`\n${reason}`,
      { cause: error },
    );
  }
}
