import { createHash } from "node:crypto";
import type { SourceControl } from "../ports/source-control.ts";
import type { MemoryWorkspace } from "./memory-workspace.ts";

/** A commit made in memory. */
export interface MemoryCommit {
  id: string;
  message: string;
  /** The paths that really changed. */
  paths: readonly string[];
}

/** A `SourceControl` without Git. */
export interface MemoryGit extends SourceControl {
  /** Oldest first, without the one it began with. */
  readonly commits: readonly MemoryCommit[];
  /** Where each branch of the server is. */
  readonly branches: ReadonlyMap<string, string>;
}

/**
 * Makes a repository whose first commit holds what is in the workspace now.
 *
 * @param workspace the working tree
 */
export function memoryGit(workspace: MemoryWorkspace): MemoryGit {
  const committed = new Map<string, string>();
  for (const path of workspace.files.keys()) committed.set(path, workspace.text(path));
  const commits: MemoryCommit[] = [];
  const branches = new Map<string, string>();
  const first = createHash("sha1").update("first").digest("hex");
  const head = (): string => commits.at(-1)?.id ?? first;
  return {
    commits,
    branches,
    head: async () => head(),
    commit: async ({ message, paths }) => {
      const now = (path: string): string | undefined =>
        workspace.files.has(path) ? workspace.text(path) : undefined;
      const changed = paths.filter((path) => now(path) !== committed.get(path));
      if (changed.length === 0) return undefined;
      for (const path of changed) {
        const text = now(path);
        if (text === undefined) committed.delete(path);
        else committed.set(path, text);
      }
      const id = createHash("sha1").update(`${head()}\n${message}`).digest("hex");
      commits.push({ id, message, paths: changed });
      return id;
    },
    push: async (branch) => {
      branches.set(branch, head());
    },
  };
}
