"""The silver job: bronze's records and raw's rows to typed, trimmed, deduplicated rows, staged for the quality job."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from pyspark.sql import Observation, Window
from pyspark.sql import functions as F  # noqa: N812

from wavehouse import layout
from wavehouse.errors import UserError
from wavehouse.jobs.at_once import for_each
from wavehouse.jobs.bronze import Bronze, read_records, verify_bronze
from wavehouse.jobs.casting import fault
from wavehouse.jobs.command import Counted, Run, main
from wavehouse.jobs.rows import MISSING_COLUMNS_RULE, NEW_COLUMNS_RULE, make_rows, taken_column
from wavehouse.jobs.silver_raw import stage_raw
from wavehouse.spec_partition import BY_DATE

if TYPE_CHECKING:
    from pyspark.sql import Column as SparkColumn
    from pyspark.sql import DataFrame

    from wavehouse.report import TableMetrics
    from wavehouse.spec import Column, Table


def make_silver(run: Run) -> Counted:
    """Stages every table of the partition. Throws UserError when bronze is not what was ingested."""
    return Counted(for_each(run, lambda table: _stage(run, table), run.pipeline.tables), [])


def _stage(run: Run, table: Table) -> TableMetrics:
    return stage_raw(run, table) if run.pipeline.is_raw(table) else _stage_bronze(run, table)


def _stage_bronze(run: Run, table: Table) -> TableMetrics:
    bronze = verify_bronze(run.store, run.pipeline.name, table.name, run.partition)
    new = _new_fields(run, table, bronze)
    missing = _missing_columns(run, table, bronze)
    taken = [_taken(run, table, name, bronze) for name in new] if table.new_columns == "evolve" else []
    waiting = new if table.new_columns == "quarantine" else []
    parsed = Observation()
    records = read_records(run.spark, run.store, bronze).observe(parsed, F.count(F.lit(1)).alias("rows"))
    rows = _rows(run, table, records, taken, _contract_faults(waiting, missing))
    written = run.tables.replace_dates(
        _last_by_key(rows, table.keys),
        layout.staging_table(run.pipeline.name, table.name),
        [run.partition],
        BY_DATE,
    )
    rows_in = bronze.manifest.records
    found = parsed.get["rows"] if bronze.manifest.pages else 0
    if found != rows_in:
        raise AssertionError(f"{table.name}: Spark read {found} records of {rows_in} in bronze")
    return {
        "name": table.name,
        "rows_in": rows_in,
        "rows_out": written.rows,
        "duplicates": rows_in - written.rows,
        "bytes": bronze.manifest.bytes,
        "new_columns": new,
    }


def _new_fields(run: Run, table: Table, bronze: Bronze) -> list[str]:
    """Fields that no column declares. Throws UserError where the contract freezes the columns."""
    declared = {column.source_field for column in table.columns}
    new = sorted(bronze.fields.keys() - declared)
    if new and table.new_columns == "freeze":
        raise UserError(
            f"{run.pipeline.at(table.line)}: table {table.name}: the source has a new column "
            f"{new[0]} ({bronze.fields[new[0]]}{_more(new)}), and contract.newColumns is freeze: "
            "declare it (deprecated: true to leave it out), or let newColumns be evolve or quarantine"
        )
    return new


def _missing_columns(run: Run, table: Table, bronze: Bronze) -> list[str]:
    """Declared columns that no record has, where their absence matters: they are read as null."""
    if not bronze.manifest.records or table.missing_columns == "evolve":
        return []
    read = [column for column in table.read if column.is_kept]
    missing = [column.name for column in read if column.source_field not in bronze.fields]
    if missing and table.missing_columns == "freeze":
        column = next(column for column in table.kept if column.name == missing[0])
        raise UserError(
            f"{run.pipeline.at(column.line)}: table {table.name}: no record of {run.partition} has the "
            f"column {missing[0]}{_more(missing)}, and contract.missingColumns is freeze: "
            "mark it deprecated, or let missingColumns be evolve or quarantine"
        )
    return missing


def _taken(run: Run, table: Table, name: str, bronze: Bronze) -> Column:
    return taken_column(run.pipeline, table, name, "string", bronze.fields[name], list(bronze.fields))


def _contract_faults(new: list[str], missing: list[str]) -> list[SparkColumn]:
    """Faults of a row under a contract of quarantine: it has a new field, or a column is gone altogether."""
    faults = []
    if new:
        present = F.filter(F.map_keys("_record"), lambda name: name.isin(new))
        reason = F.concat(F.lit("columns that are not declared: "), F.array_join(present, ", "))
        faults.append(F.when(F.size(present) > 0, fault(NEW_COLUMNS_RULE, reason)))
    if missing:
        faults.append(fault(MISSING_COLUMNS_RULE, F.lit(f"columns that are gone: {', '.join(missing)}")))
    return faults


def _rows(
    run: Run, table: Table, records: DataFrame, taken: list[Column], contract: list[SparkColumn]
) -> DataFrame:
    """Records to rows: the kept columns, where each came from, and what speaks against publishing it."""
    return make_rows(
        run.pipeline,
        table,
        records,
        lambda column: F.col("_record")[column.source_field],
        taken=taken,
        faults=contract,
        carried=lambda _: [
            F.col("_source_file"),
            F.col("_source_index"),
            F.lit(run.partition).cast("date").alias("ingest_date"),
        ],
    )


def _last_by_key(rows: DataFrame, keys: tuple[str, ...]) -> DataFrame:
    """One row a key: the last in the source's order. Rows without a whole key are never duplicates."""
    if not keys:
        return rows
    order = [F.length("_source_file").desc(), F.col("_source_file").desc(), F.col("_source_index").desc()]
    place = F.row_number().over(Window.partitionBy(*keys).orderBy(*order))
    keyless = F.lit(False)
    for key in keys:
        keyless |= F.col(key).isNull()
    return rows.withColumn("_place", place).where((F.col("_place") == 1) | keyless).drop("_place")


def _more(names: list[str]) -> str:
    return f" and {len(names) - 1} more" if len(names) > 1 else ""


if __name__ == "__main__":
    sys.exit(main("silver", make_silver))
