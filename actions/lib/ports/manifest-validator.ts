/** What the schema check says of one rendered object. */
export interface ManifestProblem {
  apiVersion: string;
  kind: string;
  name: string;
  namespace: string | undefined;
  /** JSON pointer into the object, `/spec/template/image`; empty for the whole. */
  path: string;
  message: string;
}

/** Checks rendered objects against the schemas of the versions that are deployed. */
export interface ManifestValidator {
  /**
   * @param stream multi-document YAML
   * @returns how many objects were checked, and what is wrong; an object without a schema is a problem, never skipped
   */
  validate(stream: string): Promise<{ checked: number; problems: ManifestProblem[] }>;
}
