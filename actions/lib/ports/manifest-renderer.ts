/** Renders a Kustomize folder as Argo CD will. */
export interface ManifestRenderer {
  /** The multi-document YAML of a folder (path from the repository's root). Throws `UserError` on the user's fault. */
  render(folder: string): Promise<string>;
  /**
   * The files that its last render was made from, and those that would change it if they were there. `undefined` where
   * that cannot be told.
   */
  inputs?(folder: string): Promise<{ present: readonly string[]; absent: readonly string[] } | undefined>;
}
