import { checkCron } from "./check-cron.ts";
import { checkMartResult } from "./check-mart-columns.ts";
import { checkExpressionFunctions } from "./check-mart-names.ts";
import { checkMartSql, dialectOf } from "./check-mart-sql.ts";
import { checkPartitions } from "./check-partitions.ts";
import { checkRules } from "./check-rules.ts";
import { checkTable } from "./check-table.ts";
import { checkTimeZone } from "./check-time-zone.ts";
import { checkTouchedBy } from "./check-touched-by.ts";
import { oneOf, quote } from "./describe-value.ts";
import { didYouMean } from "./did-you-mean.ts";
import type { Finding } from "./finding.ts";
import { type JsonPointer, pointTo } from "./json-pointer.ts";
import type { PipelineFile } from "./pipeline-file.ts";
import type { Mart, Pipeline, Schedule, Spec } from "./pipeline-type.ts";
import { locateProblems, type PointedProblem } from "./problem.ts";
import type { YamlPositions } from "./yaml-positions.ts";

/** The files beside the pipelines, as far as their meaning depends on them. */
export interface PipelineTree {
  /** Paths of all files below `pipelines/`. */
  paths: ReadonlySet<string>;
  /** Text of the SQL files by path; one that could not be read is missing here. */
  sql: ReadonlyMap<string, string>;
}

/**
 * Checks what the schema cannot say of a pipeline: that names are unique, that what is named is there, and that the
 * marts' SQL reads only what the pipeline has.
 *
 * @param source the pipeline, valid by its schema
 * @param tree the files beside it
 * @returns errors, at the line of the pipeline's file or of a SQL file
 */
export function checkPipeline(source: PipelineFile, tree: PipelineTree): Finding[] {
  const { file, positions, pipeline, folder } = source;
  const { spec } = pipeline;
  const problems = [
    ...checkSchedule("/spec/schedule", spec.schedule),
    ...checkSchedule("/spec/maintenance/schedule", spec.maintenance?.schedule ?? "@weekly"),
    ...checkUnique(spec.tables, "/spec/tables", "table", positions),
    ...checkUnique(spec.marts ?? [], "/spec/marts", "mart", positions),
    ...checkUnique(spec.dashboards ?? [], "/spec/dashboards", "dashboard", positions),
    ...spec.tables.flatMap((table, index) => checkTable(table, pointTo("/spec/tables", index), spec)),
    ...(spec.marts ?? []).flatMap((mart, index) => checkMart(mart, pointTo("/spec/marts", index), spec)),
    ...checkDashboardMarts(spec),
    ...checkFiles(folder, pipeline, tree),
    ...checkBackfill(spec),
    ...checkMartResults(folder, spec, tree),
    ...checkExpressionFunctions(spec),
  ];
  return [...locateProblems(file, positions, problems), ...checkSql(folder, pipeline, tree)];
}

function checkSchedule(pointer: JsonPointer, schedule: Schedule): PointedProblem[] {
  if (typeof schedule === "string") return at(pointer, checkCron(schedule));
  if (!("cron" in schedule)) return [];
  const { cron, timezone } = schedule;
  const zone = timezone === undefined ? undefined : checkTimeZone(timezone);
  return [...at(pointTo(pointer, "cron"), checkCron(cron)), ...at(pointTo(pointer, "timezone"), zone)];
}

function at(pointer: JsonPointer, problem: ReturnType<typeof checkCron>): PointedProblem[] {
  return problem === undefined ? [] : [{ pointer, at: "value", ...problem }];
}

function checkUnique(
  items: readonly { name: string }[],
  pointer: JsonPointer,
  kind: string,
  positions: YamlPositions,
): PointedProblem[] {
  const first = new Map<string, number>();
  return items.flatMap(({ name }, index): PointedProblem[] => {
    const earlier = first.get(name);
    if (earlier === undefined) {
      first.set(name, index);
      return [];
    }
    return [
      {
        pointer: pointTo(pointer, index, "name"),
        at: "value",
        rule: `pipeline/duplicate-${kind}`,
        message: `the ${kind} ${quote(name)} stands twice; the first is on line ${positions.value(pointTo(pointer, earlier, "name")).line}`,
        expected: `each ${kind} once`,
        fix: "rename or drop one of the two",
      },
    ];
  });
}

function checkMart(mart: Mart, pointer: JsonPointer, spec: Spec): PointedProblem[] {
  return [
    ...checkMaker(mart, pointer, spec),
    ...checkPartitions(mart.partitionBy ?? [], pointTo(pointer, "partitionBy"), spec),
    ...checkRules(mart.quality ?? [], pointTo(pointer, "quality")),
    ...checkTouchedBy(mart, pointer, spec),
  ];
}

/** A mart is made by its SQL file, or by a dbt model where the pipeline has a dbt project. */
function checkMaker(mart: Mart, pointer: JsonPointer, spec: Spec): PointedProblem[] {
  const [wanted, other] =
    spec.transform === undefined ? (["sql", "model"] as const) : (["model", "sql"] as const);
  const why = spec.transform === undefined ? "Spark or the warehouse builds it" : "dbt builds it";
  const problems: PointedProblem[] = [];
  if (mart[wanted] === undefined) {
    const message = `the mart ${quote(mart.name)} has no \`${wanted}\``;
    const expected = `\`${wanted}\`, since ${why}`;
    problems.push({
      pointer,
      at: "key",
      rule: "pipeline/missing-key",
      message,
      expected,
      fix: `add \`${wanted}:\``,
    });
  }
  if (mart[other] !== undefined) {
    const message = `the mart ${quote(mart.name)} has \`${other}\`, but ${why}`;
    const fix =
      spec.transform === undefined ? "drop it, or declare `transform`" : "drop it, or drop `transform`";
    problems.push({
      pointer: pointTo(pointer, other),
      at: "key",
      rule: "pipeline/conflict",
      message,
      expected: `\`${wanted}\``,
      fix,
    });
  }
  return problems;
}

function checkDashboardMarts({ dashboards = [], marts = [] }: Spec): PointedProblem[] {
  const names = marts.map(({ name }) => name);
  return dashboards.flatMap((dashboard, index) =>
    dashboard.marts.flatMap((mart, item): PointedProblem[] => {
      if (names.includes(mart)) return [];
      const pointer = pointTo("/spec/dashboards", index, "marts", item);
      const message = `there is no mart ${quote(mart)}`;
      const fix = didYouMean(mart, names) ?? "name one of them, or add it to `marts`";
      return [{ pointer, at: "value", rule: "pipeline/unknown-mart", message, expected: oneOf(names), fix }];
    }),
  );
}

/** What the pipeline names in its folder, and the part of the folder that the step's image carries. */
function checkFiles(folder: string, { spec }: Pipeline, tree: PipelineTree): PointedProblem[] {
  const named: [pointer: JsonPointer, path: string | undefined, below: string][] = [
    ...spec.tables.map(({ hook }, index): [JsonPointer, string | undefined, string] => {
      return [pointTo("/spec/tables", index, "hook", "file"), hook?.file, "silver/"];
    }),
    ...(spec.marts ?? []).map(({ sql }, index): [JsonPointer, string | undefined, string] => {
      return [pointTo("/spec/marts", index, "sql"), sql, "gold/"];
    }),
    ...(spec.dashboards ?? []).map(({ file }, index): [JsonPointer, string | undefined, string] => {
      return [pointTo("/spec/dashboards", index, "file"), file, ""];
    }),
    ["/spec/transform/project", spec.transform && `${spec.transform.project}/dbt_project.yml`, "gold/"],
  ];
  return named.flatMap(([pointer, path, below]) => {
    return path === undefined ? [] : checkFile(pointer, folder, path, below, tree);
  });
}

function checkFile(
  pointer: JsonPointer,
  folder: string,
  path: string,
  below: string,
  { paths }: PipelineTree,
): PointedProblem[] {
  const near = [...paths].flatMap((file) =>
    file.startsWith(`${folder}/`) ? [file.slice(folder.length + 1)] : [],
  );
  if (!near.includes(path)) {
    const message = `there is no file ${quote(`${folder}/${path}`)}`;
    const fix =
      didYouMean(
        path,
        near.filter((file) => file.startsWith(below)),
      ) ?? "write it, or correct the path";
    return [
      {
        pointer,
        at: "value",
        rule: "pipeline/missing-file",
        message,
        expected: "a file of the pipeline's folder",
        fix,
      },
    ];
  }
  if (path.startsWith(below)) return [];
  const message = `${quote(path)} lies outside ${quote(below)}, so the step's image would not hold it`;
  const fix = "move it there";
  return [
    {
      pointer,
      at: "value",
      rule: "pipeline/misplaced-file",
      message,
      expected: `a file below ${quote(below)}`,
      fix,
    },
  ];
}

function checkBackfill({ backfill }: Spec): PointedProblem[] {
  if (backfill === undefined) return [];
  const { start, end } = backfill;
  const wrong = (["start", "end"] as const).find(
    (key) => backfill[key] !== undefined && !isDay(backfill[key]),
  );
  if (wrong !== undefined) {
    const message = `there is no day ${quote(String(backfill[wrong]))}`;
    const pointer = `/spec/backfill/${wrong}`;
    return [
      {
        pointer,
        at: "value",
        rule: "pipeline/date",
        message,
        expected: "a day of the calendar",
        fix: "correct it",
      },
    ];
  }
  if (end === undefined || start <= end) return [];
  const message = `the end ${quote(end)} comes before the start ${quote(start)}`;
  const pointer = "/spec/backfill/end";
  return [
    {
      pointer,
      at: "value",
      rule: "pipeline/date",
      message,
      expected: "the later of the two",
      fix: "swap them",
    },
  ];
}

function isDay(text: string): boolean {
  const time = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text);
}

function checkMartResults(folder: string, spec: Spec, { sql }: PipelineTree): PointedProblem[] {
  return (spec.marts ?? []).flatMap((mart, index) => {
    const text = sql.get(`${folder}/${mart.sql}`);
    const pointer = pointTo("/spec/marts", index);
    return text === undefined ? [] : checkMartResult(mart, pointer, text, dialectOf(spec));
  });
}

function checkSql(folder: string, pipeline: Pipeline, { sql }: PipelineTree): Finding[] {
  return (pipeline.spec.marts ?? []).flatMap((mart, index) => {
    const file = `${folder}/${mart.sql}`;
    const text = sql.get(file);
    return text === undefined ? [] : checkMartSql(file, text, index, pipeline);
  });
}
