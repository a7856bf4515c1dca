import type { Finding } from "../domain/finding.ts";

/** Tells what only the engine that runs a query knows: types, numbers of arguments, columns of common table expressions. */
export interface SqlAnalyzer {
  /** Changes with the packages and the program that analyzes. */
  key(): Promise<string>;
  /**
   * Analyzes the queries of marts over empty tables of the declared columns.
   *
   * @param files paths of `pipeline.yaml` files, from the repository's root
   * @returns what is wrong, at most one finding a mart
   * @throws UserError when it could not be tried
   */
  analyze(files: readonly string[]): Promise<Finding[]>;
}
