import type { Changes } from "../domain/changes.ts";

/** What a change touches. */
export interface ChangedLines {
  /**
   * @param base a commit, `HEAD^1` or a hash
   * @returns the lines that the checked-out tree has and `base` has not; `undefined` where that cannot be told, for
   *   instance because a shallow clone lacks `base`
   */
  since(base: string): Promise<Changes | undefined>;
}
