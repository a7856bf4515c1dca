import { parseYaml } from "./parse-yaml.ts";
import type { TemplateVersions } from "./spark-template.ts";
import { UserError } from "./user-error.ts";

/** Where the versions stand. */
export const VERSIONS_FILE = "pipelines/runtime/versions.yaml";

/**
 * Reads the versions that the generated templates name.
 *
 * @param content of `pipelines/runtime/versions.yaml`
 * @returns them
 * @throws UserError when one is missing, or is no string of three numbers
 */
export function readTemplateVersions(content: Uint8Array | string): TemplateVersions {
  const { document, findings } = parseYaml(content, VERSIONS_FILE);
  if (document === undefined) throw new UserError(findings);
  const { spark } = (document.value ?? {}) as Record<string, unknown>;
  if (typeof spark === "string" && /^\d+\.\d+\.\d+$/.test(spark)) return { spark };
  throw new UserError([
    {
      rule: "versions/spark",
      severity: "error",
      file: VERSIONS_FILE,
      ...document.positions.value("/spark"),
      message: spark === undefined ? "spark is missing" : `spark is ${JSON.stringify(spark)}`,
      expected: "Spark's version, for instance 4.1.3",
    },
  ]);
}
