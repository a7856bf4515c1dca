import { createHash } from "node:crypto";
import { UserError } from "../domain/user-error.ts";
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
  /** Somebody else's push: the branch has a commit that is not here. */
  pushElsewhere(branch: string, files: Readonly<Record<string, string>>): void;
}

/** A commit that can be taken back. */
interface Change extends MemoryCommit {
  before: ReadonlyMap<string, string | null>;
}

/**
 * Makes a repository whose first commit holds what is in the workspace now.
 *
 * @param workspace the working tree
 */
export function memoryGit(workspace: MemoryWorkspace): MemoryGit {
  const committed = new Map<string, string>();
  for (const path of workspace.files.keys()) committed.set(path, workspace.text(path));
  const commits: Change[] = [];
  const branches = new Map<string, string>();
  const unseen = new Map<string, Readonly<Record<string, string>>[]>();
  const first = createHash("sha1").update("first").digest("hex");
  const head = (): string => commits.at(-1)?.id ?? first;
  const record = (message: string, after: ReadonlyMap<string, string | null>): string => {
    const before = new Map([...after.keys()].map((path) => [path, committed.get(path) ?? null]));
    const id = createHash("sha1").update(`${head()}\n${message}`).digest("hex");
    restore(committed, after);
    commits.push({ id, message, paths: [...after.keys()], before });
    return id;
  };
  return {
    commits,
    branches,
    head: async () => head(),
    commit: async ({ message, paths }) => {
      const now = (path: string): string | null => (workspace.files.has(path) ? workspace.text(path) : null);
      const changed = paths.filter((path) => now(path) !== (committed.get(path) ?? null));
      if (changed.length === 0) return undefined;
      return record(message, new Map(changed.map((path) => [path, now(path)])));
    },
    push: async (branch) => {
      if ((unseen.get(branch) ?? []).length > 0) return "moved";
      branches.set(branch, head());
      return "pushed";
    },
    takeBack: async (commit) => {
      const last = commits.at(-1);
      if (last?.id !== commit) throw new UserError(`${commit} is not the last commit`);
      commits.pop();
      restore(committed, last.before);
      await workspace.apply(last.before);
    },
    catchUp: async (branch) => {
      for (const files of unseen.get(branch) ?? []) {
        const edits = new Map(Object.entries(files));
        branches.set(branch, record("theirs", edits));
        await workspace.apply(edits);
      }
      unseen.delete(branch);
    },
    pushElsewhere: (branch, files) => {
      unseen.set(branch, [...(unseen.get(branch) ?? []), files]);
    },
  };
}

function restore(tree: Map<string, string>, files: ReadonlyMap<string, string | null>): void {
  for (const [path, text] of files) {
    if (text === null) tree.delete(path);
    else tree.set(path, text);
  }
}
