import { SchemaCheck } from "./check-schema.ts";
import { quote } from "./describe-value.ts";
import type { Finding } from "./finding.ts";
import { parseYaml } from "./parse-yaml.ts";
import { PIPELINE_SCHEMA } from "./pipeline-schema.ts";
import type { Pipeline } from "./pipeline-type.ts";
import { locateProblems, type PointedProblem } from "./problem.ts";
import type { YamlPositions } from "./yaml-positions.ts";

/** A pipeline that the schema allows, in the folder of its name, with where everything of it was written. */
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
 * Reads a `pipeline.yaml`, and checks it against the schema and its name against its folder.
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
  const pipeline = value as Pipeline;
  const folder = file.slice(0, file.lastIndexOf("/"));
  const misnamed = locateProblems(file, positions, checkName(pipeline, folder));
  if (misnamed.length > 0) return { findings: misnamed };
  return { findings: [], pipeline: { file, folder, pipeline, positions } };
}

/** Generated paths and images follow from the name, the images' contents from the folder. */
function checkName({ metadata }: Pipeline, folder: string): PointedProblem[] {
  const name = folder.slice(folder.lastIndexOf("/") + 1);
  if (metadata.name === name) return [];
  return [
    {
      pointer: "/metadata/name",
      at: "value",
      rule: "pipeline/folder",
      message: `the pipeline is called ${quote(metadata.name)}, its folder ${quote(name)}`,
      expected: quote(name),
      fix: "rename one of the two",
    },
  ];
}
