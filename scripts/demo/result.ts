import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { renderTable } from "./print.ts";

/** What a run report says, as far as the demo shows it; rows are counts, seconds and bytes as named. */
export interface RunReport {
  status: string;
  run_id: string;
  partition: string;
  seconds: number;
  code_version: string;
  images: Record<string, string>;
  steps: Record<string, StepReport>;
}

interface StepReport {
  seconds: number;
  bytes?: number;
  rows_in?: number;
  rows_out?: number;
  rows_quarantined?: number;
  duplicates?: number;
  rules?: { rule: string; severity: string; violations: number }[];
}

/** The first rows of a table, read without Spark. */
export interface TableHead {
  rows: number;
  columns: string[];
  first: Record<string, unknown>[];
}

/**
 * Reads the first rows of a Delta table with delta-rs.
 *
 * @param python the environment's Python
 * @param script path of read_table.py
 * @param table folder of the table
 * @param orderBy columns, a leading `-` sorts down
 */
export function readTableHead(python: string, script: string, table: string, orderBy: string): TableHead {
  const args = [script, table, "--limit", "8", `--order-by=${orderBy}`];
  return JSON.parse(
    execFileSync(python, args, { encoding: "utf8", maxBuffer: 16 * 1024 * 1024 }),
  ) as TableHead;
}

/** Reads a run's report from the store. */
export function readRunReport(bucket: string, pipeline: string, partition: string, runId: string): RunReport {
  const run = join(bucket, "observability", "runs", pipeline, `ingest_date=${partition}`, safeSegment(runId));
  return JSON.parse(readFileSync(join(run, "report.json"), "utf8")) as RunReport;
}

/** As the runtime names a run's folder: a name that stays one folder everywhere. */
function safeSegment(name: string): string {
  return name.replace(/[^A-Za-z0-9._=+:@-]/g, "_");
}

/** A run report in a few lines: a row a step, then the rules that found something. */
export function renderRunReport(report: RunReport): string[] {
  const rows = Object.entries(report.steps).map(([step, counted]) => ({
    step,
    "rows in": counted.rows_in,
    "rows out": counted.rows_out,
    quarantined: counted.rows_quarantined,
    duplicates: counted.duplicates,
    bytes: counted.bytes,
    seconds: Math.round(counted.seconds * 10) / 10,
    image: report.images[step]?.replace(/^.*@sha256:(.{12}).*$/, "sha256:$1…"),
  }));
  const columns = ["step", "rows in", "rows out", "quarantined", "duplicates", "bytes", "seconds", "image"];
  const violated = Object.values(report.steps)
    .flatMap((step) => step.rules ?? [])
    .filter((rule) => rule.violations > 0)
    .map((rule) => `${rule.severity}: ${rule.violations} × ${rule.rule}`);
  return [
    `${report.status}, code ${report.code_version.slice(0, 12)}, ${report.seconds.toFixed(1)} s`,
    ...renderTable(columns, rows),
    ...violated,
  ];
}
