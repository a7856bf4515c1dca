import { quote } from "./describe-value.ts";
import { didYouMean } from "./did-you-mean.ts";
import type { Finding } from "./finding.ts";
import { pointTo } from "./json-pointer.ts";
import type { PipelineFile } from "./pipeline-file.ts";
import type { Spec } from "./pipeline-type.ts";
import { locateProblems, type PointedProblem } from "./problem.ts";

/**
 * Checks what pipelines wait for: that an Asset of another pipeline is one that it emits, and that no pipelines wait for
 * each other in a circle. An Asset whose pipeline is not in the repository comes from elsewhere.
 *
 * @param sources all of the repository's pipelines that are valid by the schema
 * @returns errors, at the Asset in the pipeline that waits
 */
export function checkAssets(sources: readonly PipelineFile[]): Finding[] {
  const ordered = [...sources].sort((a, b) => (a.file < b.file ? -1 : 1));
  const emitters = emittersOf(ordered);
  const waits = new Map(ordered.map((source) => [source, waitsOf(source, emitters)]));
  return ordered.flatMap((source) => {
    const problems = [...checkKnown(source, emitters), ...checkCircle(source, waits)];
    return problems.length === 0 ? [] : locateProblems(source.file, source.positions, problems);
  });
}

/** A pipeline that another waits for, and by which of its Assets. */
interface Wait {
  on: PipelineFile;
  index: number;
}

function emittersOf(sources: readonly PipelineFile[]): Map<string, PipelineFile> {
  return new Map(
    sources.flatMap((source) =>
      emitted(source.pipeline.metadata.name, source.pipeline.spec).map((asset): [string, PipelineFile] => [
        asset,
        source,
      ]),
    ),
  );
}

/** Each table's raw rows and silver, each mart's gold, and what `outlets` add. */
function emitted(name: string, { tables, marts = [], outlets = [] }: Spec): string[] {
  return [
    ...tables.flatMap((table) =>
      ["bronze", "silver"].map((layer) => `wavehouse://${name}/${layer}/${table.name}`),
    ),
    ...marts.map((mart) => `wavehouse://${name}/gold/${mart.name}`),
    ...outlets,
  ];
}

function assetsOf({ schedule }: Spec): readonly string[] {
  return typeof schedule === "object" && "assets" in schedule ? schedule.assets : [];
}

function waitsOf({ pipeline }: PipelineFile, emitters: ReadonlyMap<string, PipelineFile>): Wait[] {
  return assetsOf(pipeline.spec).flatMap((asset, index): Wait[] => {
    const on = emitters.get(asset);
    return on === undefined ? [] : [{ on, index }];
  });
}

function checkKnown(
  { pipeline }: PipelineFile,
  emitters: ReadonlyMap<string, PipelineFile>,
): PointedProblem[] {
  return assetsOf(pipeline.spec).flatMap((asset, index): PointedProblem[] => {
    const owner = /^wavehouse:\/\/([^/]+)\//.exec(asset)?.[1];
    if (owner === undefined || emitters.has(asset)) return [];
    const known = [...emitters].flatMap(([uri, { pipeline: other }]) =>
      other.metadata.name === owner ? [uri] : [],
    );
    if (known.length === 0) return [];
    return [
      {
        pointer: pointTo("/spec/schedule/assets", index),
        at: "value",
        rule: "pipeline/unknown-asset",
        message: `${quote(owner)} emits no Asset ${quote(asset)}, so this pipeline would never run`,
        expected: "an Asset of its tables, its marts or its `outlets`",
        fix: didYouMean(asset, known) ?? "name one of those",
      },
    ];
  });
}

/** A circle is told once, at the first of its pipelines. */
function checkCircle(
  start: PipelineFile,
  waits: ReadonlyMap<PipelineFile, readonly Wait[]>,
): PointedProblem[] {
  for (const { on, index } of waits.get(start) ?? []) {
    const way = wayBack(on, start, waits);
    if (way === undefined || way.some(({ file }) => file < start.file)) continue;
    const names = [start, ...way, start].map(({ pipeline }) => pipeline.metadata.name);
    return [
      {
        pointer: pointTo("/spec/schedule/assets", index),
        at: "value",
        rule: "pipeline/asset-cycle",
        message: `each of these waits for the next, so none would ever begin, or none ever end: ${names.join(" → ")}`,
        expected: "pipelines that wait in one direction",
        fix: "drop the Asset from one of their schedules",
      },
    ];
  }
  return [];
}

/** @returns the pipelines from `from` to the one that waits for `target`; `undefined` where there is no such way */
function wayBack(
  from: PipelineFile,
  target: PipelineFile,
  waits: ReadonlyMap<PipelineFile, readonly Wait[]>,
): PipelineFile[] | undefined {
  if (from === target) return [];
  const before = new Map<PipelineFile, PipelineFile | undefined>([[from, undefined]]);
  for (const current of before.keys()) {
    for (const { on } of waits.get(current) ?? []) {
      if (on === target) {
        const way: PipelineFile[] = [];
        for (let at: PipelineFile | undefined = current; at !== undefined; at = before.get(at))
          way.unshift(at);
        return way;
      }
      if (!before.has(on)) before.set(on, current);
    }
  }
  return undefined;
}
