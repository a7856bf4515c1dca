import type { Finding } from "../lib/domain/finding.ts";
import type { PipelineFile } from "../lib/domain/pipeline-file.ts";
import type { SourceFile } from "../lib/domain/plan-images.ts";
import type { SqlAnalyzer } from "../lib/ports/sql-analyzer.ts";
import { keyOf, type Recall } from "./recall.ts";

/** What the program that analyzes reads a pipeline with. */
const READER = /^pipelines\/runtime\/wavehouse\/[^/]+\.py$/;

/** What is analyzed: pipelines in which nothing else is wrong, and every file below `pipelines/`. */
export interface CheckMartsInput {
  pipelines: readonly PipelineFile[];
  entries: readonly SourceFile[];
  analyzer: SqlAnalyzer;
  recall: Recall | undefined;
}

/**
 * Has the queries of marts analyzed by the engine that runs them, again only where the pipeline or a query changed.
 * What a warehouse runs, and what dbt makes, is not its own.
 *
 * @param input the pipelines
 * @returns errors at lines of SQL files
 * @throws UserError when it could not be tried
 */
export async function checkMarts({
  pipelines,
  entries,
  analyzer,
  recall,
}: CheckMartsInput): Promise<Finding[]> {
  const idsOf = (paths: readonly string[]): unknown[] => paths.map((path) => [path, recall?.ids.get(path)]);
  const readers = entries.map(({ path }) => path).filter((path) => READER.test(path));
  if (readers.length === 0) return [];
  const common = keyOf(await analyzer.key(), idsOf([...readers, "pipelines/pipeline.schema.json"]));
  const unknown = pipelines.flatMap((source) => {
    const { metadata, spec } = source.pipeline;
    const queries = (spec.marts ?? []).flatMap(({ sql }) => (sql === undefined ? [] : [sql]));
    if (spec.warehouse !== undefined || queries.length === 0) return [];
    const key = keyOf(common, source.pipeline, idsOf(queries.map((sql) => `${source.folder}/${sql}`)));
    return recall?.memory.get("analyzed", metadata.name) === key ? [] : [{ source, key }];
  });
  const findings = await analyzer.analyze(unknown.map(({ source }) => source.file));
  for (const { source, key } of unknown) {
    const isClean = !findings.some(({ file }) => file.startsWith(`${source.folder}/`));
    if (isClean) recall?.memory.set("analyzed", source.pipeline.metadata.name, key);
  }
  return findings;
}
