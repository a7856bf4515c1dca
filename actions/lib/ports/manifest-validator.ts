/** What the schema check says of one rendered object. */
export interface ManifestProblem {
  /**
   * `schema`: a value is not what the schema allows; `no-schema`: nobody knows the kind; `removed-api` and
   * `deprecated-api`: the API server serves it no more, or not for ever; `document`: it is no object.
   */
  code: "schema" | "no-schema" | "removed-api" | "deprecated-api" | "document";
  apiVersion: string;
  kind: string;
  name: string;
  namespace: string | undefined;
  /** JSON pointer into the object, `/spec/template/image`; empty for the whole. */
  path: string;
  message: string;
  /** Where it stands in the stream, from 1. */
  line: number;
  column: number;
}

/** Checks rendered objects against the schemas of the versions that are deployed. */
export interface ManifestValidator {
  /**
   * @param stream multi-document YAML
   * @param definitions more documents, of which only the CRDs count: kinds of the stream that they bring
   * @returns how many objects were checked, and what is wrong; an object without a schema is a problem, never skipped
   */
  validate(
    stream: string,
    definitions?: readonly string[],
  ): Promise<{ checked: number; problems: ManifestProblem[] }>;
}
