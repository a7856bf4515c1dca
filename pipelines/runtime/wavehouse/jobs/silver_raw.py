"""Silver over raw: the versions that came, typed and masked, staged for the quality job."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from pyspark.sql import Observation, Window
from pyspark.sql import functions as F  # noqa: N812

from wavehouse import layout
from wavehouse.errors import UserError
from wavehouse.jobs.casting import fault
from wavehouse.jobs.postgres import spark_type
from wavehouse.jobs.raw_versions import VERSION, source_columns
from wavehouse.jobs.rows import MISSING_COLUMNS_RULE, NEW_COLUMNS_RULE, make_rows, taken_column
from wavehouse.spec import DELETED
from wavehouse.spec_partition import BY_DATE

if TYPE_CHECKING:
    from pyspark.sql import Column as SparkColumn
    from pyspark.sql import DataFrame

    from wavehouse.jobs.command import Run
    from wavehouse.report import TableMetrics
    from wavehouse.spec import Column, Table

#: The note beside a published table: the last arrival in raw that is in it.
THROUGH = "raw-through"


def stage_raw(run: Run, table: Table) -> TableMetrics:
    """Stages what came on the run's date, and on any other date that silver has not taken yet.

    A run that was skipped, or that died, is so made good by the next. Throws UserError where nothing ever came.
    """
    key = layout.raw_table(run.pipeline.name, table.name)
    if not run.versioned.exists(key):
        raise UserError(
            f"{run.versioned.where(key)}: nothing came yet: run the raw step of {run.partition} first"
        )
    raw = run.versioned.read(key)
    dates = _dates(run, table, raw)
    counted = Observation()
    came = _came(table, raw, dates).observe(counted, F.count_if(~F.col("_context")).alias("rows"))
    undeclared = sorted(set(source_columns(raw)) - {column.source_field for column in table.columns})
    taken = _taken(run, table, raw, undeclared) if table.new_columns == "evolve" else []
    rows = make_rows(
        run.pipeline,
        table,
        came,
        lambda column: _text_of(raw, column),
        taken=taken,
        faults=_contract_faults(table, undeclared),
        carried=lambda values: _carried(run, table, values),
    )
    staging = layout.staging_table(run.pipeline.name, table.name)
    written = run.tables.replace_dates(rows, staging, [run.partition], BY_DATE)
    return {
        "name": table.name,
        "rows_in": counted.get["rows"],
        "rows_out": written.rows,
        "duplicates": 0,
        "bytes": written.bytes,
        "new_columns": undeclared,
    }


def _dates(run: Run, table: Table, raw: DataFrame) -> list[date]:
    """The run's own date, and those of which something came that is not published."""
    notes = run.versioned.notes(layout.silver_table(run.pipeline.name, table.name))
    waiting = raw
    if THROUGH in notes:
        waiting = raw.where(F.col("_ingested_at") > F.lit(notes[THROUGH]).cast("timestamp"))
    found = {row["ingest_date"] for row in waiting.select("ingest_date").distinct().collect()}
    return sorted({*found, date.fromisoformat(run.partition)})


def _came(table: Table, raw: DataFrame, dates: list[date]) -> DataFrame:
    """The versions to stage. `_context` marks what came earlier and is only looked at to tell a key's history."""
    mine = raw.where(F.col("ingest_date").isin(dates))
    if not table.keys and table.load.cursor is None:
        # All of the source came each time: the last time counts.
        last = F.max("_ingested_at").over(Window.partitionBy("ingest_date"))
        mine = mine.withColumn("_last", last).where("_last = _ingested_at").drop("_last")
    if table.write != "scd2":
        return mine.withColumn("_context", F.lit(False))
    keys = [column.source_field for column in table.columns if column.name in table.keys]
    touched = mine.select(*keys).distinct()
    return raw.join(touched, on=keys, how="left_semi").withColumn(
        "_context", ~F.col("ingest_date").isin(dates)
    )


def _text_of(raw: DataFrame, column: Column) -> SparkColumn:
    """A column's text; null where the source never had it."""
    known = column.source_field in raw.columns
    return F.col(f"`{column.source_field}`") if known else F.lit(None).cast("string")


def _taken(run: Run, table: Table, raw: DataFrame, undeclared: list[str]) -> list[Column]:
    """New columns, with the types that the source gives them."""
    where = run.versioned.where(layout.raw_table(run.pipeline.name, table.name))
    names = source_columns(raw)
    return [
        taken_column(
            run.pipeline,
            table,
            name,
            spark_type(str(raw.schema[name].metadata.get("comment", ""))),
            where,
            names,
        )
        for name in undeclared
    ]


def _contract_faults(table: Table, undeclared: list[str]) -> list[SparkColumn]:
    faults = []
    if undeclared and table.new_columns == "quarantine":
        present = F.array_compact(
            F.array(*[F.when(F.col(f"`{name}`").isNotNull(), name) for name in undeclared])
        )
        reason = F.concat(F.lit("columns that are not declared: "), F.array_join(present, ", "))
        faults.append(F.when(F.size(present) > 0, fault(NEW_COLUMNS_RULE, reason)))
    if table.missing_columns == "quarantine":
        reason = F.concat(F.lit("columns that are gone: "), F.col("_absent"))
        faults.append(F.when(F.col("_absent").isNotNull(), fault(MISSING_COLUMNS_RULE, reason)))
    return faults


def _carried(run: Run, table: Table, values: dict[str, SparkColumn]) -> list[SparkColumn]:
    """What staging keeps beside the columns: which version it is, whence and when it came, whether it is deleted."""
    columns = [
        F.struct(*[F.col(name).alias(name.lstrip("_")) for name in VERSION]).alias("_version"),
        F.col("_run_id"),
        F.col("ingest_date").alias("_came"),
        F.col("_context"),
        F.lit(run.partition).cast("date").alias("ingest_date"),
    ]
    if table.load.marks_deletes:
        columns.append(_is_deleted(table, values).alias(DELETED))
    return columns


def _is_deleted(table: Table, values: dict[str, SparkColumn]) -> SparkColumn:
    gone = F.coalesce(F.col("_removed"), F.lit(False))
    if table.load.deleted_column is None:
        return gone
    column = next(found for found in table.columns if found.name == table.load.deleted_column)
    value = values[column.name]
    return gone | (F.coalesce(value, F.lit(False)) if column.type == "boolean" else value.isNotNull())
