import { SchemaCheck } from "./check-schema.ts";
import type { Finding } from "./finding.ts";
import { parseYaml } from "./parse-yaml.ts";
import { PIPELINE_SCHEMA } from "./pipeline-schema.ts";
import type { Pipeline } from "./pipeline-type.ts";
import { locateProblems } from "./problem.ts";
import type { YamlPositions } from "./yaml-positions.ts";

/** A pipeline that the schema allows, with where everything of it was written. */
export interface PipelineFile {
  /** Path from the repository's root: `pipelines/<folder>/pipeline.yaml`. */
  file: string;
  /** Its folder, without a slash at the end. */
  folder: string;
  pipeline: Pipeline;
  positions: YamlPositions;
}

let check: SchemaCheck | undefined;

/**
 * Reads a `pipeline.yaml` and checks it against the schema.
 *
 * @param file path from the repository's root
 * @param content its bytes, or its text
 * @returns what is wrong; the pipeline when nothing is
 */
export function readPipeline(
  file: string,
  content: Uint8Array | string,
): { findings: Finding[]; pipeline?: PipelineFile } {
  const { findings, document } = parseYaml(content, file);
  if (document === undefined) return { findings };
  check ??= new SchemaCheck(PIPELINE_SCHEMA);
  const { value, positions } = document;
  const all = [...findings, ...locateProblems(file, positions, check.check(value))];
  if (all.length > 0) return { findings: all };
  const folder = file.slice(0, file.lastIndexOf("/"));
  return { findings: [], pipeline: { file, folder, pipeline: value as Pipeline, positions } };
}
