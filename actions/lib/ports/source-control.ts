/** The Git repository that the actions write to. */
export interface SourceControl {
  /** The commit (40 hex digits) that HEAD points at. */
  head(): Promise<string>;
  /**
   * Commits just these paths, on top of HEAD.
   *
   * @returns the new commit, or `undefined` when nothing changed
   */
  commit(change: { message: string; paths: readonly string[] }): Promise<string | undefined>;
  /** Pushes HEAD to a branch; throws `UserError` when the branch moved meanwhile or the push is refused. */
  push(branch: string): Promise<void>;
}
