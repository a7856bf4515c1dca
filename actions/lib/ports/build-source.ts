import type { BuildFacts } from "../domain/provenance.ts";

/** Where the files that are built come from. */
export interface BuildSource {
  /** The repository, the commit, the run. */
  facts(): Promise<BuildFacts>;
  /** The last commit that changed one of these files; `undefined` where one differs from what is committed. */
  lastChange(paths: readonly string[]): Promise<{ commit: string; date: string } | undefined>;
}
