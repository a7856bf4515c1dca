import { join } from "node:path";
import { type Demo, demoPipeline } from "./context.ts";
import { paint, renderTable } from "./print.ts";
import { readRunReport, readTableHead, renderRunReport } from "./result.ts";

/**
 * Prints the gold table's first rows, the run report, and where everything lies.
 *
 * @param run which run to show
 */
export function showResult(demo: Demo, run: { partition: string; runId: string }): void {
  const { checkout, folders, print, prepared } = demo;
  const bucket = join(folders.store, "lakehouse");
  const gold = join(bucket, "gold", demoPipeline, "breweries_by_type_and_location");
  const reader = join(checkout, "scripts", "demo", "read_table.py");
  const head = readTableHead(
    prepared.python.python,
    reader,
    gold,
    "-breweries,country,state_province,brewery_type",
  );
  print.line(paint("bold", `gold.breweries_by_type_and_location, ${head.rows} rows`));
  for (const line of renderTable(head.columns, head.first)) print.line(line);
  print.line();
  const report = readRunReport(bucket, demoPipeline, run.partition, run.runId);
  print.line(paint("bold", "run report"));
  for (const line of renderRunReport(report)) print.line(line);
  print.line();
  print.line(paint("bold", "where everything lies"));
  print.line(`store          ${bucket}`);
  print.line(`scratch copy   ${folders.scratch}`);
  print.line(`registry       ${folders.registry}`);
  print.line(`Airflow's logs ${join(folders.airflow, "logs")}`);
}
