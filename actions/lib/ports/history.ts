import type { SourceCommit } from "../domain/bump-message.ts";

/** How one commit stands to another. `unknown` when one of them is not in the repository. */
export type Order = "same" | "before" | "after" | "unrelated" | "unknown";

/** What was committed before. */
export interface History {
  /**
   * The commits up to `head` (HEAD by default), descendants first, whose message names this environment in a trailer;
   * with the time at which each came to the branch, ISO 8601.
   */
  bumps(environment: string, head?: string): Promise<{ commit: string; date: string; message: string }[]>;
  /** @returns the commit's full id, or `undefined` when there is none of that name */
  resolve(name: string): Promise<string | undefined>;
  /** Who made a commit, when and why; `undefined` when it is not here. */
  describe(commit: string): Promise<SourceCommit | undefined>;
  /** Where `commit` stands, by ancestry, to each of the others: `before` when it is an ancestor. */
  compare(commit: string, others: readonly string[]): Promise<Map<string, Order>>;
  /** Text of the files below a folder as they were at a commit, by path. */
  filesAt(commit: string, folder: string): Promise<Map<string, string>>;
  /** The commits that are in `to` and not in `from`, newest first; at most `limit` of them. */
  between(from: string, to: string, limit: number): Promise<{ commit: string; subject: string }[]>;
}
