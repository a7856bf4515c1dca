"""What a mart was made of, and which of its partitions the changes since then touch."""

from __future__ import annotations

import hashlib
import json
import uuid
from dataclasses import dataclass
from functools import reduce
from operator import and_, or_
from typing import TYPE_CHECKING, Literal

from pyspark.errors import PySparkException
from pyspark.sql import functions as F  # noqa: N812
from pyspark.sql.types import DateType, TimestampType

from wavehouse import layout
from wavehouse.errors import UserError
from wavehouse.jobs.sql_error import sql_error
from wavehouse.spec import VALID_FROM

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyspark.sql import Column as SparkColumn
    from pyspark.sql import DataFrame, Row
    from pyspark.sql.types import DataType

    from wavehouse.jobs.command import Run
    from wavehouse.spec import Mart, Query, Table
    from wavehouse.spec_partition import PartitionField

_INPUTS, _MADE_OF = "inputs", "made-of"
_CHANGED = "changed"
_RANGES = ("year", "month", "day", "hour")
#: More partitions than these are made anew as a whole.
_MOST = 500


@dataclass(frozen=True)
class Inputs:
    """What a mart is made of now: its own declaration, and each table that it reads, by the table's key."""

    made_of: str
    snapshots: dict[str, str]

    def notes(self) -> dict[str, str]:
        """The same, to be noted beside the mart."""
        return {_MADE_OF: self.made_of, _INPUTS: json.dumps(self.snapshots, sort_keys=True)}


def read_inputs(run: Run, mart: Mart, sql: str, keys: Sequence[str]) -> Inputs:
    """Reads what the mart's inputs are. Before the mart is made: what changes meanwhile is found the next time."""
    text = json.dumps([sql, str(mart.partitions), str(sorted(mart.touched_by.items()))])
    found = {key: run.versioned.snapshot(key) for key in keys}
    return Inputs(
        hashlib.sha256(text.encode()).hexdigest(),
        {key: snapshot for key, snapshot in found.items() if snapshot is not None},
    )


def touched(run: Run, mart: Mart, inputs: Inputs) -> SparkColumn | Literal[False] | None:
    """Which of the mart's partitions its inputs' changes touch, as a condition on its columns.

    False where nothing changed; None where that is not known, and the whole mart is to be made. Throws UserError for a
    query of `touchedBy` that cannot be.
    """
    key = layout.gold_table(run.pipeline.name, mart.name)
    notes = run.versioned.notes(key)
    before: dict[str, str] = json.loads(notes.get(_INPUTS, "{}"))
    if notes.get(_MADE_OF) != inputs.made_of or before.keys() != inputs.snapshots.keys():
        return None
    made = run.tables.read(key)
    found: list[SparkColumn] = []
    for name, snapshot in inputs.snapshots.items():
        if snapshot == before[name] or run.versioned.same_rows_since(name, before[name]):
            continue
        changes = _changes(run, name, before[name])
        query = mart.touched_by.get(layout.layer_and_name(name)[1])
        if changes is None:
            return None
        if query is None or not mart.partitions or not _can_replace(mart.partitions):
            if changes.isEmpty():
                continue
            return None
        conditions = _conditions(run, mart, made, changes, query)
        if conditions is None:
            return None
        found += conditions
    return reduce(or_, found) if found else False


def _changes(run: Run, key: str, snapshot: str) -> DataFrame | None:
    """The rows of a table that changed since a snapshot, as they are and as they were; None where nobody knows."""
    layer, name = layout.layer_and_name(key)
    table = next((found for found in run.pipeline.tables if found.name == name), None)
    old = run.versioned.read_at(key, snapshot)
    if old is None or table is None or layer != "silver" or not run.pipeline.is_raw(table) or not table.keys:
        return None
    new = run.tables.read(key)
    return _images(new, old, table)


def _images(new: DataFrame, old: DataFrame, table: Table) -> DataFrame:
    if table.write == "scd2":
        # Its rows may also go, so both are compared whole, by what every change moves.
        mark = [*table.keys, VALID_FROM, "_published_at"]
        came = new.join(old.select(*mark), on=mark, how="left_anti")
        went = old.join(new.select(*mark), on=mark, how="left_anti")
        return came.unionByName(went, allowMissingColumns=True)
    last = old.agg(F.unix_micros(F.max("_published_at"))).collect()[0][0]
    came = new.where(F.unix_micros("_published_at") > F.lit(last)) if last is not None else new
    went = old.join(came.select(*table.keys), on=list(table.keys), how="left_semi")
    return came.unionByName(went, allowMissingColumns=True)


def _can_replace(fields: Sequence[PartitionField]) -> bool:
    return all(field.transform == "identity" or field.transform in _RANGES for field in fields)


def _conditions(
    run: Run, mart: Mart, made: DataFrame, changes: DataFrame, query: Query
) -> list[SparkColumn] | None:
    """One condition for each partition that the changes touch; None where they are too many."""
    view = f"{_CHANGED}_{uuid.uuid4().hex}"
    changes.createOrReplaceTempView(view)
    try:
        # Each has its own, as marts are made at once.
        values = run.spark.sql(f"WITH {_CHANGED} AS (FROM {view}) SELECT * FROM (\n{query.sql}\n)")  # noqa: S608
        missing = [field.column for field in mart.partitions if field.column not in values.columns]
        if missing:
            raise UserError(
                f"{run.pipeline.at(query.line)}: mart {mart.name}: touchedBy: the query gives no column {missing[0]}, "
                "by which the mart is split"
            )
        bounds = [_bounds(field, made.schema[field.column].dataType) for field in mart.partitions]
        chosen = [column for columns in bounds for column in columns]
        rows = values.select(*chosen).distinct().limit(_MOST + 1).collect()
    except PySparkException as error:
        told = sql_error(error)
        if told is None:
            raise
        raise UserError(f"{run.pipeline.at(query.line)}: mart {mart.name}: touchedBy: {told}") from error
    finally:
        run.spark.catalog.dropTempView(view)
    return None if len(rows) > _MOST else [_condition(mart.partitions, made, row) for row in rows]


def _bounds(field: PartitionField, kind: DataType) -> list[SparkColumn]:
    """A partition's first value and that of the next one, as texts; the same twice for a column's own value."""
    value = F.col(field.column).cast(kind)
    low, high = f"_low_{field.column}", f"_high_{field.column}"
    if field.transform == "identity":
        return [value.cast("string").alias(low), value.cast("string").alias(high)]
    start = F.date_trunc(field.transform, value.cast("timestamp"))
    after = start + F.expr(f"INTERVAL 1 {field.transform.upper()}")
    return [start.cast("string").alias(low), after.cast("string").alias(high)]


def _condition(fields: Sequence[PartitionField], made: DataFrame, row: Row) -> SparkColumn:
    conditions = []
    for field in fields:
        kind = made.schema[field.column].dataType
        low, high = row[f"_low_{field.column}"], row[f"_high_{field.column}"]
        column = F.col(field.column)
        if low is None:
            conditions.append(column.isNull())
        elif field.transform == "identity":
            conditions.append(column == F.lit(low).cast(kind))
        elif isinstance(kind, DateType | TimestampType):
            conditions.append((column >= F.lit(low).cast(kind)) & (column < F.lit(high).cast(kind)))
        else:
            raise AssertionError(f"{field.column}: a transform by time of {kind.simpleString()}")
    return reduce(and_, conditions)
