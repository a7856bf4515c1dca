import { parseChanges } from "../domain/changes.ts";
import type { ChangedLines } from "../ports/changed-lines.ts";
import { ProcessError, runProcess } from "./process.ts";

/**
 * Asks Git what the working tree has that a commit has not.
 *
 * @param root absolute path of the repository
 */
export function gitChanges(root: string): ChangedLines {
  return {
    async since(base) {
      try {
        const { stdout } = await runProcess({
          file: "git",
          args: [
            ...["-c", "core.quotePath=false", "diff", "--unified=0", "--no-color", "--no-ext-diff"],
            ...["--no-prefix", "--no-renames", "--end-of-options", base, "--"],
          ],
          cwd: root,
        });
        return parseChanges(stdout.toString("utf8"));
      } catch (error) {
        // An order is all that is lost: a clone without the commit, or no clone at all, is no reason to fail.
        if (error instanceof ProcessError) return undefined;
        throw error;
      }
    },
  };
}
