import { didYouMean, nearest } from "./did-you-mean.ts";
import type { Finding } from "./finding.ts";
import { parseYaml } from "./parse-yaml.ts";
import { UserError } from "./user-error.ts";

/** Where the versions stand. */
export const VERSIONS_FILE = "pipelines/runtime/versions.yaml";

const shapes = {
  spark: "three",
  scala: "two",
  java: "one",
  delta: "three",
  iceberg: "three",
  hadoop: "three",
  airflow: "three",
  python: "two",
  kubernetes: "three",
} as const;

const patterns = { one: /^\d+$/, two: /^\d+\.\d+$/, three: /^\d+\.\d+\.\d+$/ } as const;
const examples = { one: '"17"', two: '"2.13"', three: "4.1.3" } as const;

/** What has a version in `versions.yaml`. */
export type Component = keyof typeof shapes;

/** The version of each component, and where it stands in `versions.yaml`. */
export interface Versions {
  of: Readonly<Record<Component, string>>;
  at(component: Component): { file: string; line: number; column: number };
}

/**
 * Reads `versions.yaml`.
 *
 * @param content its bytes or text
 * @returns every version
 * @throws UserError when one is missing, is none, or is of something unknown
 */
export function parseVersions(content: Uint8Array | string): Versions {
  const { document, findings } = parseYaml(content, VERSIONS_FILE);
  if (document === undefined || findings.length > 0) throw new UserError(findings);
  const { value, positions } = document;
  const record = (typeof value === "object" && value !== null ? value : {}) as Record<string, unknown>;
  const at = (key: string) => ({ file: VERSIONS_FILE, ...positions.value(`/${key}`) });
  const wrong: Finding[] = [];
  const unknown = Object.keys(record).filter((key) => !Object.hasOwn(shapes, key));
  const missing = Object.keys(shapes).filter((component) => record[component] === undefined);
  for (const [component, shape] of Object.entries(shapes)) {
    const version = record[component];
    // A slip of the name is told at the name.
    if (version === undefined && unknown.some((key) => nearest(key, missing) === component)) continue;
    if (typeof version === "string" && patterns[shape].test(version)) continue;
    const message =
      version === undefined ? `${component} is missing` : `${component} is ${JSON.stringify(version)}`;
    const expected = `its version as a string, for instance ${examples[shape]}`;
    wrong.push({ rule: "versions/shape", severity: "error", ...at(component), message, expected });
  }
  for (const key of unknown) {
    const fix = didYouMean(key, missing);
    const expected = `one of ${Object.keys(shapes).join(", ")}`;
    wrong.push({
      rule: "versions/unknown",
      severity: "error",
      ...at(key),
      message: `unknown key ${key}`,
      expected,
      ...(fix === undefined ? {} : { fix }),
    });
  }
  if (wrong.length > 0) throw new UserError(wrong);
  return { of: record as Record<Component, string>, at };
}
