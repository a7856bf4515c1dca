import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { UserError } from "../domain/user-error.ts";

/**
 * Finds the folder with the pinned tools of the very checkout that this code is from: upwards from here, since the
 * bundles lie at another depth than the sources.
 *
 * @param from where to begin, this file's own folder by default
 * @returns the absolute path of `scripts/tools`
 * @throws UserError when there is none
 */
export function toolsFolder(from: string = import.meta.dirname): string {
  for (let folder = from; ; folder = dirname(folder)) {
    const tools = join(folder, "scripts", "tools");
    if (existsSync(join(tools, "crane", "go.mod"))) return tools;
    if (folder === dirname(folder)) {
      throw new UserError(`no folder above ${from} holds scripts/tools; check out the whole repository`);
    }
  }
}

/** @returns the repository's root: the runner's workspace, or the current folder where there is no runner */
export function workspaceFolder(): string {
  // An empty variable is as good as none.
  return process.env.GITHUB_WORKSPACE || process.cwd();
}
