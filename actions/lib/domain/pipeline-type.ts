// Generated from pipelines/pipeline.schema.json by `npm run generate`. Do not edit: the next run overwrites it.

/**
 * When the ingest runs.
 */
export type Schedule = string | CronSchedule | AssetSchedule;
/**
 * One source.
 */
export type Source = HttpSource | PostgresSource | GoogleSheetsSource | S3Source | FilesSource;
/**
 * Format of files; `auto` tells CSV from JSON and from newline-delimited JSON by content.
 */
export type FileFormat = "auto" | "csv" | "json" | "ndjson" | "parquet";
/**
 * How much is read each run.
 */
export type Load = FullLoad | IncrementalLoad;
/**
 * How rows deleted in the source are noticed.
 */
export type Deletes = SoftDeletes | SnapshotDeletes | IgnoredDeletes;
/**
 * One level of partitions.
 */
export type PartitionField = string | PartitionTransform;
/**
 * One column: just its type, or an object that says more.
 */
export type Column = string | ColumnDetails;
/**
 * How personal data is masked before silver.
 */
export type Pii = HashedPii | PartialPii | GeneralisedPii | DroppedPii;
/**
 * How big the Spark jobs are.
 */
export type Resources = Size | StepSizes;
/**
 * A size of Spark job: its cores and memory. A tiny one is one pod, which does all the work itself; the others have executors.
 */
export type Size = "tiny" | "small" | "medium" | "large";
/**
 * Slack channel, or channel and connection.
 */
export type SlackTarget = string | SlackAlert;

/**
 * One lakehouse pipeline: what data there is, where it comes from, what must hold of it and what is made of it. It describes data, never operators; a store, a catalog or a connection is named here, and the environment says what that is.
 */
export interface Pipeline {
  /**
   * Version of this file's format.
   */
  apiVersion: "wavehouse.dev/v1";
  /**
   * Kind of this file.
   */
  kind: "Pipeline";
  metadata: Metadata;
  spec: Spec;
}
/**
 * What the pipeline is called and whose it is.
 */
export interface Metadata {
  /**
   * Name of the pipeline, the same as its folder's: a DNS label, as images, templates and service accounts carry it.
   */
  name: string;
  /**
   * Team that answers for the data.
   */
  owner: string;
  /**
   * What the pipeline is for, in a sentence.
   */
  description?: string;
  /**
   * Words to find the pipeline by in Airflow.
   *
   * Items: One word.
   */
  tags?: string[];
}
/**
 * The data: its schedule, storage, sources, tables and marts.
 */
export interface Spec {
  schedule: Schedule;
  storage: Storage;
  warehouse?: Warehouse;
  sources: Sources;
  /**
   * The tables, one block each. Adding a table is adding a block.
   *
   * @minItems 1
   */
  tables: Table[];
  transform?: DbtTransform;
  /**
   * The gold tables, in the order in which they are built: a mart may read the tables and the marts above it.
   */
  marts?: Mart[];
  /**
   * Dashboards over the marts.
   */
  dashboards?: Dashboard[];
  /**
   * Assets to emit once everything is published, beside those that each table and mart emits by itself (`wavehouse://<pipeline>/<layer>/<name>`).
   *
   * Items: URI of an Asset.
   */
  outlets?: string[];
  /**
   * Whether the ingest waits, in an environment that has never seen it, until somebody turns it on in Airflow: for a source that is not there everywhere.
   */
  paused?: boolean;
  backfill?: Backfill;
  maintenance?: Maintenance;
  resources?: Resources;
  alerts?: Alerts;
}
/**
 * A cron expression with its time zone.
 */
export interface CronSchedule {
  /**
   * A preset, or five cron fields.
   */
  cron: string;
  /**
   * Time zone of the expression, by its IANA name.
   */
  timezone?: string;
}
/**
 * Runs once every named Asset has been updated.
 */
export interface AssetSchedule {
  /**
   * The Assets to wait for; all of them.
   *
   * @minItems 1
   *
   * Items: URI of an Asset.
   */
  assets: string[];
}
/**
 * Where the tables live and in which format.
 */
export interface Storage {
  /**
   * Table format of silver and gold (and of raw, with Iceberg).
   */
  format: "delta" | "iceberg" | "parquet";
  /**
   * Bucket of the object store that holds the tables.
   */
  bucket: string;
  /**
   * Catalog that names the tables, `<catalog>.<layer>.<table>`. Iceberg needs one.
   */
  catalog?: string;
}
/**
 * A warehouse that silver is loaded into and in which the marts are built.
 */
export interface Warehouse {
  /**
   * Kind of warehouse, which decides the marts' SQL dialect.
   */
  type: "snowflake";
  /**
   * Connection to load and build with.
   */
  connection: string;
  /**
   * Database that holds a schema for each layer.
   */
  database: string;
  /**
   * External stage over the bucket, from which the tables are copied.
   */
  stage?: string;
}
/**
 * Where data comes from, by a name that the tables use.
 */
export interface Sources {
  [k: string]: Source;
}
/**
 * An HTTP API that answers JSON, page by page.
 */
export interface HttpSource {
  /**
   * An HTTP API.
   */
  type: "http";
  /**
   * Address of the records; a table's `from` is added to it.
   */
  url: string;
  /**
   * Connection that holds the credentials, where the API wants any.
   */
  connection?: string;
  /**
   * Query parameters sent with every request.
   */
  parameters?: {
    /**
     * Value of the parameter.
     */
    [k: string]: string;
  };
  /**
   * JSON pointer to the list of records in an answer; empty where the answer is the list.
   */
  records?: string;
  pages?: Pages;
  total?: Total;
  retry?: Retry;
  /**
   * Seconds after which a request has failed.
   */
  timeoutSeconds?: number;
}
/**
 * How to page through the records; without it one request brings all.
 */
export interface Pages {
  /**
   * Query parameter that carries the page's number.
   */
  parameter: string;
  /**
   * Number of the first page.
   */
  start?: number;
  size: PageSize;
}
/**
 * How many records a page holds.
 */
export interface PageSize {
  /**
   * Query parameter that carries the size.
   */
  parameter: string;
  /**
   * Records a page.
   */
  value: number;
}
/**
 * Where the API tells its own count, which the ingest must reach before readers are told.
 */
export interface Total {
  /**
   * Path added to the source's url.
   */
  path: string;
  /**
   * Field of the answer that holds the count.
   */
  field: string;
}
/**
 * How what failed is tried again.
 */
export interface Retry {
  /**
   * How often to try in all.
   */
  attempts?: number;
  /**
   * Seconds before the second try; they double with each further one.
   */
  backoffSeconds?: number;
}
/**
 * Tables of a PostgreSQL database, read with read-only rights.
 */
export interface PostgresSource {
  /**
   * A PostgreSQL database.
   */
  type: "postgres";
  /**
   * Connection to read with.
   */
  connection: string;
  /**
   * Schema that holds the tables.
   */
  schema?: string;
  /**
   * How many reads may run at once; the pool that bounds the load on the source.
   */
  maxConnections?: number;
  /**
   * Rows fetched in one round trip.
   */
  fetchSize?: number;
}
/**
 * Sheets of one Google spreadsheet; the first row holds the names of the columns.
 */
export interface GoogleSheetsSource {
  /**
   * A Google spreadsheet.
   */
  type: "google-sheets";
  /**
   * Connection that holds the service account.
   */
  connection: string;
  /**
   * Identifier of the spreadsheet, from its address.
   */
  spreadsheet: string;
}
/**
 * Objects in an S3 bucket that others write.
 */
export interface S3Source {
  /**
   * An S3 bucket.
   */
  type: "s3";
  /**
   * Connection to read with.
   */
  connection: string;
  /**
   * Bucket to read from.
   */
  bucket: string;
  /**
   * How the keys are built.
   */
  layout?: string;
  format?: FileFormat;
  registry?: IngestionRegistry;
}
/**
 * What was ingested already.
 */
export interface IngestionRegistry {
  /**
   * Table of the raw layer that lists each file ingested: key, size, hash, rows, when and by which run.
   */
  table: string;
  /**
   * What makes a file the same: its content, wherever it lies, or its key, whatever it holds.
   */
  identity?: "content" | "key";
}
/**
 * Files dropped into a store of the lake.
 */
export interface FilesSource {
  /**
   * Files in a store.
   */
  type: "files";
  /**
   * Store that the files are dropped into.
   */
  store: string;
  /**
   * How the keys are built.
   */
  layout?: string;
  format?: FileFormat;
  registry?: IngestionRegistry;
}
/**
 * One table: where its rows come from, its columns, and what must hold of them.
 */
export interface Table {
  /**
   * Name of the table in every layer.
   */
  name: string;
  /**
   * What one row is, in a sentence.
   */
  description?: string;
  /**
   * Name of the source that the rows come from, a key of `sources`.
   */
  source: string;
  /**
   * What to read in the source: a table, a sheet, a path below the url, or a glob of keys. Without it, the table's own name; for an HTTP source, the url itself.
   */
  from?: string;
  load?: Load;
  /**
   * Columns that together identify a row. `merge` and `scd2` need them.
   *
   * @minItems 1
   *
   * Items: Name of a column.
   */
  keys?: string[];
  /**
   * How the stored rows are split: by the value of a column, or by a transform of it (hidden partitioning, Iceberg only).
   *
   * @minItems 1
   */
  partitionBy?: PartitionField[];
  /**
   * How silver takes the rows of a run: add them, replace the run's partition, update by key, or keep every version by key with its time of validity.
   */
  write: "append" | "overwrite-partition" | "merge" | "scd2";
  /**
   * Columns whose change makes a new version with `scd2`; without it, every column.
   *
   * @minItems 1
   *
   * Items: Name of a column.
   */
  history?: string[];
  contract?: Contract;
  /**
   * Nested lists to turn into rows, outermost first.
   *
   * @minItems 1
   */
  explode?: Explode[];
  columns: Columns;
  hook?: Hook;
  /**
   * Rules that every row must not break.
   */
  quality?: QualityRule[];
}
/**
 * Everything, every run.
 */
export interface FullLoad {
  /**
   * Read everything.
   */
  mode: "full";
  deletes?: Deletes;
  split?: Split;
}
/**
 * A column tells that the row was deleted.
 */
export interface SoftDeletes {
  /**
   * Deleted rows stay and are marked, in the column `is_deleted`.
   */
  mode: "soft";
  /**
   * Column that is true, or not null, in a deleted row.
   */
  column: string;
}
/**
 * A row whose key is gone from the source was deleted.
 */
export interface SnapshotDeletes {
  /**
   * The keys are compared with the last run's.
   */
  mode: "snapshot";
}
/**
 * Deletes in the source are not followed.
 */
export interface IgnoredDeletes {
  /**
   * Rows are kept for ever.
   */
  mode: "ignore";
}
/**
 * How to read in parallel.
 */
export interface Split {
  /**
   * Column, evenly spread and indexed, to split the read on.
   */
  column: string;
  /**
   * How many parts; no more run at once than the source allows.
   */
  parts: number;
}
/**
 * Only rows that are new or changed since the last run, told by a column that only grows.
 */
export interface IncrementalLoad {
  /**
   * Read what changed.
   */
  mode: "incremental";
  /**
   * Column that grows with every change.
   */
  cursor: string;
  /**
   * How far before the last cursor to read again, for rows committed late.
   */
  lag?: string;
  deletes?: Deletes;
  split?: Split;
}
/**
 * A transform of a column.
 */
export interface PartitionTransform {
  /**
   * Name of the column.
   */
  column: string;
  /**
   * What is made of its value.
   */
  transform: "identity" | "year" | "month" | "day" | "hour" | "bucket" | "truncate";
  /**
   * Number of buckets, or length to truncate to.
   */
  width?: number;
}
/**
 * What happens when the source's columns are not those declared.
 */
export interface Contract {
  /**
   * A column appears that is not declared: take note of it and go on, stop the run, or let the rows wait in quarantine.
   */
  newColumns?: "evolve" | "freeze" | "quarantine";
  /**
   * A declared column is gone: read it as null, stop the run, or let the rows wait in quarantine.
   */
  missingColumns?: "evolve" | "freeze" | "quarantine";
}
/**
 * A list in each record, of which every item becomes a row of its own.
 */
export interface Explode {
  /**
   * Field that holds the list, with dots into nested fields.
   */
  path: string;
  /**
   * Name that columns read the item by, in their `from`; without it, the last part of the path.
   */
  as?: string;
  /**
   * Whether a record with an empty list stays as one row.
   */
  keepEmpty?: boolean;
}
/**
 * The columns that are kept, by name: just a type, or an object that says more.
 */
export interface Columns {
  [k: string]: Column;
}
/**
 * A column and more about it.
 */
export interface ColumnDetails {
  /**
   * Type of the values.
   */
  type: string;
  /**
   * What the value means.
   */
  description?: string;
  /**
   * Field of the source's record, with dots into nested ones; without it, the column's own name.
   */
  from?: string;
  /**
   * SQL over the table's other columns that makes the value, instead of reading it.
   */
  expression?: string;
  /**
   * Time zone of source values that carry none, by its IANA name; stored values are UTC.
   */
  timezone?: string;
  /**
   * Whether spaces around the text are dropped.
   */
  trim?: boolean;
  /**
   * Case that text is brought to.
   */
  case?: "keep" | "lower" | "upper";
  pii?: Pii;
  /**
   * The source still sends it; it is not kept.
   */
  deprecated?: boolean;
}
/**
 * A keyed hash: the same value gives the same hash, so joins still work.
 */
export interface HashedPii {
  /**
   * Keyed hash.
   */
  method: "hash";
  /**
   * Connection whose secret is the key.
   */
  key: string;
}
/**
 * Some characters are kept, the rest become stars.
 */
export interface PartialPii {
  /**
   * Keep a part.
   */
  method: "partial";
  /**
   * Characters kept at the start.
   */
  keepFirst?: number;
  /**
   * Characters kept at the end.
   */
  keepLast?: number;
}
/**
 * A coarser value: a date to its year, a number to its tens.
 */
export interface GeneralisedPii {
  /**
   * Make it coarser.
   */
  method: "generalise";
  /**
   * How coarse.
   */
  to: "day" | "month" | "year" | "decade" | "ten" | "hundred" | "thousand";
}
/**
 * Not kept at all.
 */
export interface DroppedPii {
  /**
   * Do not keep it.
   */
  method: "drop";
}
/**
 * The table's own Python.
 */
export interface Hook {
  /**
   * Python file in the pipeline's folder, below `silver/`.
   */
  file: string;
  /**
   * Function of that file: `(DataFrame) -> DataFrame`.
   */
  function: string;
}
/**
 * A condition on a row. A row breaks it only where it is false; null passes, as in SQL's CHECK.
 */
export interface QualityRule {
  /**
   * SQL condition over the table's columns.
   */
  rule: string;
  /**
   * What a broken rule does: count it, move the row to quarantine, or stop the run before readers see anything.
   */
  severity: "warn" | "quarantine" | "fail";
  /**
   * Name of the rule in reports; without it, the condition itself.
   */
  name?: string;
  /**
   * Why it must hold.
   */
  description?: string;
}
/**
 * What builds the marts, when it is not Spark over their SQL files.
 */
export interface DbtTransform {
  /**
   * A dbt project builds the marts that name a `model`.
   */
  type: "dbt";
  /**
   * Folder of the dbt project, in the pipeline's folder.
   */
  project: string;
  /**
   * Query engine that dbt speaks to.
   */
  engine: "trino" | "snowflake" | "spark";
  /**
   * Connection to that engine.
   */
  connection: string;
}
/**
 * One gold table, made by a SQL file or by a dbt model.
 */
export interface Mart {
  /**
   * Name of the gold table.
   */
  name: string;
  /**
   * What it tells, in a sentence.
   */
  description?: string;
  /**
   * SQL file with one query; it names tables `silver.<table>` and earlier marts `gold.<mart>`.
   */
  sql?: string;
  /**
   * dbt model, instead of a SQL file.
   */
  model?: string;
  /**
   * Columns that together identify a row of the mart.
   *
   * @minItems 1
   *
   * Items: Name of a column.
   */
  grain?: string[];
  /**
   * How the stored rows are split; with `touchedBy`, only the partitions that changed input touches are made again.
   *
   * @minItems 1
   */
  partitionBy?: PartitionField[];
  touchedBy?: TouchedBy;
  /**
   * Rules that every row of the mart must not break.
   */
  quality?: QualityRule[];
}
/**
 * Which partitions a change of an input touches, by the input's name (Iceberg only). Where an input changed that is not named here, the whole mart is made again.
 */
export interface TouchedBy {
  /**
   * A query that gives the mart's partition columns. It reads `changed`: the input's rows that changed since the mart was made, as they are and as they were; and any table.
   */
  [k: string]: string;
}
/**
 * One dashboard, run by the platform.
 */
export interface Dashboard {
  /**
   * Name of the dashboard: a DNS label, as its address carries it.
   */
  name: string;
  /**
   * What runs it.
   */
  type: "streamlit";
  /**
   * The dashboard's main file, in the pipeline's folder.
   */
  file: string;
  /**
   * Marts that it reads.
   *
   * @minItems 1
   *
   * Items: Name of a mart.
   */
  marts: string[];
  /**
   * Connection to the query engine it reads through.
   */
  connection?: string;
}
/**
 * Which past partitions may be run, and how many at once.
 */
export interface Backfill {
  /**
   * First partition that may be run.
   */
  start: string;
  /**
   * Last partition that may be run; without it, today's.
   */
  end?: string;
  /**
   * How many partitions run at once.
   */
  maxActiveRuns?: number;
}
/**
 * Small files are put together, old snapshots expire, and files that no table knows are removed. All tables of the pipeline, beside jobs that run: what is younger than a day is never removed.
 */
export interface Maintenance {
  /**
   * When it runs.
   */
  schedule?: string | CronSchedule;
  /**
   * How far back a table can be read as it was. A mart that was not made for longer is made anew as a whole.
   */
  keepSnapshots?: string;
  /**
   * How old a file must be that no table knows, to be removed: longer than any job runs.
   */
  keepOrphans?: string;
}
/**
 * A size for each step; a step not named is small.
 */
export interface StepSizes {
  raw?: Size;
  silver?: Size;
  quality?: Size;
  gold?: Size;
  maintain?: Size;
}
/**
 * Who is told when a run fails.
 */
export interface Alerts {
  slack?: SlackTarget;
  /**
   * Addresses to write to.
   *
   * @minItems 1
   *
   * Items: One address.
   */
  email?: string[];
}
/**
 * A message to Slack with the task, the DAG, the partition and a link to the log.
 */
export interface SlackAlert {
  /**
   * Channel to write to.
   */
  channel: string;
  /**
   * Connection that holds the webhook; without it, the platform's own.
   */
  connection?: string;
  /**
   * What is told.
   *
   * @minItems 1
   *
   * Items: One event.
   */
  on?: ("failure" | "retry" | "quarantine" | "success")[];
}
