"""The silver job: bronze's records to typed, trimmed, deduplicated rows, staged for the quality job."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

from pyspark.sql import Observation, Window
from pyspark.sql import functions as F  # noqa: N812

from wavehouse import layout
from wavehouse.errors import UserError
from wavehouse.jobs.bronze import Bronze, read_records, verify_bronze
from wavehouse.jobs.casting import fault, source_text, type_fault, typed
from wavehouse.jobs.command import Counted, Run, main
from wavehouse.jobs.delta_table import replace_partition
from wavehouse.spec import RESERVED_COLUMNS, Column

if TYPE_CHECKING:
    from pyspark.sql import Column as SparkColumn
    from pyspark.sql import DataFrame

    from wavehouse.report import TableMetrics
    from wavehouse.spec import Table

NEW_COLUMNS_RULE = "contract:newColumns"
MISSING_COLUMNS_RULE = "contract:missingColumns"

_STORABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}")
_FAULTS_TYPE = "array<struct<rule:string,reason:string>>"


def make_silver(run: Run) -> Counted:
    """Stages every table of the partition. Throws UserError when bronze is not what was ingested."""
    return Counted([_stage(run, table) for table in run.pipeline.tables], [])


def _stage(run: Run, table: Table) -> TableMetrics:
    bronze = verify_bronze(run.store, run.pipeline.name, table.name, run.partition)
    new = _new_fields(run, table, bronze)
    missing = _missing_columns(run, table, bronze)
    taken = [_taken_column(run, table, name, bronze) for name in new] if table.new_columns == "evolve" else []
    waiting = new if table.new_columns == "quarantine" else []
    parsed = Observation()
    records = read_records(run.spark, run.store, bronze).observe(parsed, F.count(F.lit(1)).alias("rows"))
    rows = _rows(records, table, taken, _contract_faults(waiting, missing), run.partition)
    written = replace_partition(
        _last_by_key(rows, table.keys),
        run.store,
        layout.staging_table(run.pipeline.name, table.name),
        run.partition,
        ["ingest_date"],
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
    missing = [column.name for column in table.kept if column.source_field not in bronze.fields]
    if missing and table.missing_columns == "freeze":
        column = next(column for column in table.kept if column.name == missing[0])
        raise UserError(
            f"{run.pipeline.at(column.line)}: table {table.name}: no record of {run.partition} has the "
            f"column {missing[0]}{_more(missing)}, and contract.missingColumns is freeze: "
            "mark it deprecated, or let missingColumns be evolve or quarantine"
        )
    return missing


def _taken_column(run: Run, table: Table, name: str, bronze: Bronze) -> Column:
    """A new field as a column of text. Throws UserError when its name cannot stand beside the others."""
    names = {column.name.lower() for column in table.columns} | RESERVED_COLUMNS
    alike = [other for other in bronze.fields if other.lower() == name.lower() and other != name]
    if not _STORABLE.fullmatch(name) or name.lower() in names or alike:
        raise UserError(
            f"{run.pipeline.at(table.line)}: table {table.name}: the source has a new column {name!r} "
            f"({bronze.fields[name]}), a name that cannot be taken as it is: declare a column `from: {name}`"
        )
    return Column(name, "string", name)


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
    records: DataFrame, table: Table, taken: list[Column], contract: list[SparkColumn], partition: str
) -> DataFrame:
    """Records to rows: the kept columns, where each came from, and what speaks against publishing it."""
    columns = [*table.kept, *taken]
    texts = records.select("*", *[source_text(column).alias(f"_text_{column.name}") for column in columns])
    values = {column.name: typed(F.col(f"_text_{column.name}"), column.type) for column in columns}
    faults = contract + [
        type_fault(column, F.col(f"_text_{column.name}"), values[column.name])
        for column in columns
        if column.type != "string"
    ]
    return texts.select(
        *[value.alias(name) for name, value in values.items()],
        "_source_file",
        "_source_index",
        (F.array_compact(F.array(*faults)) if faults else F.array()).cast(_FAULTS_TYPE).alias("_faults"),
        F.lit(partition).cast("date").alias("ingest_date"),
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
