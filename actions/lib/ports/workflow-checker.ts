import type { Finding } from "../domain/finding.ts";

/** Checks GitHub's workflow files, and actions. */
export interface WorkflowChecker {
  /**
   * @param files paths of workflows and of actions, from the repository's root
   * @returns what is wrong, at its line
   */
  check(files: readonly string[]): Promise<Finding[]>;
}
