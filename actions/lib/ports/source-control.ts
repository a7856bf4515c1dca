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
  /**
   * Pushes HEAD to a branch.
   *
   * @returns `moved` when the branch has commits that HEAD lacks: nothing was pushed
   * @throws UserError when the push is refused for another reason
   */
  push(branch: string): Promise<"pushed" | "moved">;
  /**
   * Takes back the commit that `commit` made last: HEAD and the files of that commit are as they were before it.
   *
   * @throws UserError when somebody has committed on top of it, or edited its files
   */
  takeBack(commit: string): Promise<void>;
  /**
   * Moves HEAD and the files forward to where a branch is on the server.
   *
   * @throws UserError when HEAD has commits that the branch lacks, or local changes are in the way
   */
  catchUp(branch: string): Promise<void>;
}
