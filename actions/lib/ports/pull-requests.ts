/** A pull request of this repository's own that waits to be merged. */
export interface OpenPullRequest {
  number: number;
  url: string;
  /** The commit that it would bring. `History` can read it. */
  head: string;
}

/** What a pull request shall be. */
export interface Proposal {
  /** Its own branch, `wavehouse/bump-production`. */
  branch: string;
  base: string;
  title: string;
  body: string;
  /** The head that this one was made in the knowledge of; `undefined` when there was no open one. */
  replaces: string | undefined;
}

/** The place where changes wait for a reviewer. */
export interface PullRequests {
  /** The open one from this branch, if there is one. */
  find(branch: string, base: string): Promise<OpenPullRequest | undefined>;
  /**
   * Makes HEAD the only commit of the branch, and opens its pull request or updates the open one.
   *
   * @returns `moved` when the base or the branch is no longer where HEAD and `replaces` expect it: nothing was changed
   * @throws UserError when it is refused
   */
  propose(proposal: Proposal): Promise<OpenPullRequest | "moved">;
  /**
   * Closes one that nothing is left of, with its branch.
   *
   * @param branch its own
   * @param reason what its description says from now on
   * @returns `moved` when somebody has put something else on the branch meanwhile: then it stays open
   * @throws UserError when it is refused
   */
  close(pull: OpenPullRequest, branch: string, reason: string): Promise<"closed" | "moved">;
}
