import type { Finding } from "./finding.ts";
import { generatedPaths } from "./generate-manifests.ts";
import { type JsonPointer, pointTo } from "./json-pointer.ts";
import type { PipelineFile } from "./pipeline-file.ts";
import { connectionSecret, keySecret } from "./spark-template.ts";

/**
 * Puts what is said of a Secret in a generated manifest where its pipeline names the connection or the key: the
 * manifest is written anew from there.
 *
 * @param findings of manifests
 * @param sources all of the repository's pipelines that are valid by the schema
 * @returns the same findings, in their order
 */
export function placeSecrets(findings: readonly Finding[], sources: readonly PipelineFile[]): Finding[] {
  const generated = new Map(
    findings.some(isReference)
      ? sources.flatMap((source) => generatedPaths(source.pipeline).map((path) => [path, source] as const))
      : [],
  );
  return findings.map((finding) => {
    const source = isReference(finding) ? generated.get(finding.file) : undefined;
    if (source === undefined) return finding;
    const named = namedSecrets(source).find(({ secret }) => isAbout(finding, secret));
    if (named === undefined) return finding;
    return { ...finding, file: source.file, ...source.positions.value(named.pointer) };
  });
}

function isReference({ rule }: Finding): boolean {
  return rule.startsWith("reference/");
}

function isAbout({ message }: Finding, secret: string): boolean {
  return new RegExp(`the Secret [^/ ]+/${secret}(?![\\w.-])`).test(message);
}

/** The Secrets that a pipeline's steps are given, and where it names each first. */
function namedSecrets({ pipeline }: PipelineFile): { secret: string; pointer: JsonPointer }[] {
  const { sources = {}, tables } = pipeline.spec;
  return [
    ...Object.entries(sources).flatMap(([name, source]) =>
      source.type === "postgres"
        ? [
            {
              secret: connectionSecret(source.connection),
              pointer: pointTo("/spec/sources", name, "connection"),
            },
          ]
        : [],
    ),
    ...tables.flatMap((table, index) =>
      Object.entries(table.columns).flatMap(([name, column]) =>
        typeof column === "object" && column.pii?.method === "hash"
          ? [
              {
                secret: keySecret(column.pii.key),
                pointer: pointTo("/spec/tables", index, "columns", name, "pii", "key"),
              },
            ]
          : [],
      ),
    ),
  ];
}
