import type { Finding } from "../domain/finding.ts";

/** Checks GitHub's workflow files. */
export interface WorkflowChecker {
  /**
   * @param files paths from the repository's root
   * @returns what is wrong, at its line
   */
  check(files: readonly string[]): Promise<Finding[]>;
}
