import type { Rule } from "./rule.ts";

/** Shorter to write: each of these fails the run. */
function error(id: string, reason: string, fix: string): Rule {
  return { id, severity: "error", reason, fix };
}

/** What is checked of `pipelines/` and of what is generated from it. */
export const PIPELINE_RULES: readonly Rule[] = [
  error(
    "image/contract",
    "What runs the image could not run it: another Spark than the manifest says, a file or an import that it lacks.",
    "Generate anew, import what the image holds, or add the package to the lock.",
  ),
  error(
    "pipeline/bad-format",
    "The text has a form that nothing could use.",
    "Write it in the form that is named.",
  ),
  error(
    "pipeline/conflict",
    "Two settings that exclude each other: one of them would be ignored silently.",
    "Keep one of the two.",
  ),
  error(
    "pipeline/cron",
    "Airflow would refuse the DAG, or never run it.",
    "Write five fields, or a preset as `@daily`.",
  ),
  error(
    "pipeline/ambiguous-column",
    "Spark refuses a name that two of the query's tables have.",
    "Write the table or its alias before it.",
  ),
  error(
    "pipeline/dag",
    "Airflow would show an import error where the pipeline's DAGs should be.",
    "Change what the DAG builder cannot use.",
  ),
  error(
    "pipeline/date",
    "A date that the calendar does not have, or an end before its beginning.",
    "Write the date as YYYY-MM-DD.",
  ),
  error(
    "pipeline/deprecated-column",
    "A column that was taken out of use holds nothing new.",
    "Use the column that follows it.",
  ),
  error(
    "pipeline/duplicate-column",
    "Of two columns with one name one would be lost.",
    "Rename or delete one of them.",
  ),
  error("pipeline/duplicate-mart", "Two marts would write one table.", "Rename or delete one of them."),
  error("pipeline/duplicate-rule", "The same rule would be counted twice.", "Drop one of the two."),
  error(
    "pipeline/duplicate-source",
    "A table names its source, and two have the name.",
    "Rename one of them.",
  ),
  error("pipeline/duplicate-table", "Two entries would write one table.", "Rename or delete one of them."),
  error("pipeline/empty", "Something is declared and left empty.", "Fill it in, or remove the entry."),
  error(
    "pipeline/explode",
    "Only rows that can hold lists can be exploded.",
    "Drop `explode`, or change the source.",
  ),
  error(
    "pipeline/file-name",
    "Only `pipeline.yaml` is read: a file that is called almost so would be left out silently.",
    "Rename the file to `pipeline.yaml`.",
  ),
  error(
    "pipeline/folder",
    "Images, templates and the DAG are named after the pipeline, and found by its folder.",
    "Give folder and metadata.name the same name.",
  ),
  error(
    "pipeline/load-mode",
    "An incremental load needs a source that can be asked for what is newer than a cursor.",
    "Load in full, or from another source.",
  ),
  error(
    "pipeline/masked-key",
    "A mask that gives two values the same text would merge their rows.",
    "Mask keys with `hash`.",
  ),
  error(
    "pipeline/misplaced-file",
    "The file would not be in the image that runs it.",
    "Move it to the folder that is named.",
  ),
  error(
    "pipeline/missing-file",
    "A file is named that the pipeline does not have.",
    "Correct the path, or add the file.",
  ),
  error("pipeline/missing-key", "A setting that cannot be guessed is missing.", "Add the key that is named."),
  error(
    "pipeline/no-column",
    "A column is named that the table does not declare, so nothing would be there to read.",
    "Correct the name, or declare the column.",
  ),
  error(
    "pipeline/no-keys",
    "A merge needs to know which rows are the same.",
    "Add `keys`, or write in another mode.",
  ),
  error(
    "pipeline/not-allowed",
    "The value is none of those that are known.",
    "Use one of those that are listed.",
  ),
  error("pipeline/out-of-range", "The number is outside of what makes sense.", "Use one within the bounds."),
  error(
    "pipeline/partition",
    "The partition cannot be made of that column.",
    "Correct the column or the transform.",
  ),
  error("pipeline/repeated", "The same value stands twice in a list of different ones.", "Drop one of them."),
  error(
    "pipeline/sql-analysis",
    "Spark, which runs the query, refuses it: a column, a type or an argument is not what it needs.",
    "Change the query as the message says.",
  ),
  error("pipeline/sql-syntax", "The SQL would fail when it runs.", "Mend the place that is named."),
  error("pipeline/time-zone", "Airflow would refuse the DAG.", "Use a name of the time zone database."),
  error(
    "pipeline/two-writers",
    "Two pipelines that write one table overwrite each other.",
    "Write another table.",
  ),
  error(
    "pipeline/unknown-column",
    "A column is named that the table does not declare.",
    "Correct the name, or declare the column.",
  ),
  error(
    "pipeline/asset-cycle",
    "Pipelines that wait for each other never begin, or never end.",
    "Drop the Asset from one of their schedules.",
  ),
  error(
    "pipeline/unknown-asset",
    "A pipeline that waits for an Asset that nobody emits never runs.",
    "Name an Asset of the other pipeline's tables, marts or outlets.",
  ),
  error(
    "pipeline/unmasked-pii",
    "Raw rows hold personal data as it came; a mart of them would publish it.",
    "Read the table's silver, where it is masked.",
  ),
  error("pipeline/unknown-key", "A setting that nothing reads is a slip of the name.", "Correct the name."),
  error(
    "pipeline/unknown-function",
    "Spark refuses a function that it does not have, when the mart is built.",
    "Correct the name.",
  ),
  error("pipeline/unknown-mart", "A mart is named that the pipeline does not have.", "Correct the name."),
  error("pipeline/unknown-source", "A source is named that the pipeline does not have.", "Correct the name."),
  error(
    "pipeline/unknown-table",
    "A mart reads tables of its own pipeline and marts made before it, and nothing else.",
    "Correct the name, or move the mart below the one that it reads.",
  ),
  error(
    "pipeline/wrong-type",
    "The value is of another type than what reads it.",
    "Write the type that is named.",
  ),
  error(
    "python/import",
    "The step would fail when it starts: its image cannot import the module.",
    "Import what the image holds, or add the package to the lock.",
  ),
  error("python/syntax", "Python could not read the file where it runs.", "Correct it."),
  error(
    "generated/left-over",
    "What was generated for a pipeline that is gone would still be synced.",
    "Run `npm run validate -- --fix`.",
  ),
  error(
    "generated/missing",
    "A generated file is missing, so the cluster would not get it.",
    "Run `npm run validate -- --fix`.",
  ),
  error(
    "generated/orphaned-overlay",
    "An overlay of a pipeline that is gone renders nothing that exists.",
    "Delete the folder.",
  ),
  error(
    "generated/stale",
    "What the cluster gets is no longer what the pipeline says.",
    "Run `npm run validate -- --fix`.",
  ),
];
