/** Renders a Kustomize folder as Argo CD will. */
export interface ManifestRenderer {
  /** The multi-document YAML of a folder (path from the repository's root). Throws `UserError` on the user's fault. */
  render(folder: string): Promise<string>;
}
