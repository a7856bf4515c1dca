"""Writing Delta tables, each write whole or not at all, and repeatable."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from delta.tables import DeltaTable
from pyspark.sql import functions as F  # noqa: N812

from wavehouse.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyspark.sql import DataFrame, SparkSession

    from wavehouse.store import Store

_COMMIT = re.compile(r".*/(\d{20})\.json")


@dataclass(frozen=True)
class Written:
    """What a commit wrote: rows (inserted and updated, for a merge) and bytes of new data files."""

    rows: int
    bytes: int


def table_exists(store: Store, key: str) -> bool:
    """Whether a key holds a Delta table: one with a commit.

    A job that dies in its first write leaves a folder of the log with nothing in it.
    """
    return bool(_commits(store, key))


def read_table(spark: SparkSession, store: Store, key: str) -> DataFrame:
    """The table at a key."""
    return spark.read.format("delta").load(store.url(key))


def replace_partition(
    rows: DataFrame, store: Store, key: str, partition: str, partition_by: Sequence[str]
) -> Written:
    """Makes the rows all that the table holds for an ingest date; the table's other rows stay."""
    _require_same_types(rows, store, key)
    writer = rows.write.format("delta").mode("overwrite").option("mergeSchema", "true")
    writer = writer.option("replaceWhere", f"ingest_date = DATE'{partition}'")
    writer.partitionBy(*partition_by).save(store.url(key))
    return _last_written(store, key)


def overwrite(rows: DataFrame, store: Store, key: str) -> Written:
    """Makes the rows all that the table holds, with their own columns."""
    rows.write.format("delta").mode("overwrite").option("overwriteSchema", "true").save(store.url(key))
    return _last_written(store, key)


def merge_by_key(
    rows: DataFrame,
    store: Store,
    key: str,
    *,
    keys: Sequence[str],
    partition: str,
    partition_by: Sequence[str],
) -> Written:
    """Updates a table by key with the rows of an ingest date. A row of a newer date is never overwritten.

    A row that an earlier run of the same date published and that is no longer among `rows` goes, so that a date
    run again does not leave what it has since refused. What that row had replaced comes back when its own date
    runs again.
    """
    if not table_exists(store, key):
        return replace_partition(rows, store, key, partition, partition_by)
    _require_same_types(rows, store, key)
    target = DeltaTable.forPath(rows.sparkSession, store.url(key))
    # A column that the rows do not have is null in them, not what an older row had there.
    known = {name.lower() for name in rows.columns}
    gone = {
        field.name: F.lit(None).cast(field.dataType)
        for field in target.toDF().schema
        if field.name.lower() not in known
    }
    same_key = " AND ".join(f"t.`{name}` = s.`{name}`" for name in keys)
    (
        target.alias("t")
        .merge(rows.withColumns(gone).alias("s"), same_key)
        .withSchemaEvolution()
        .whenMatchedUpdateAll("s.ingest_date >= t.ingest_date")
        .whenNotMatchedInsertAll()
        .whenNotMatchedBySourceDelete(f"t.ingest_date = DATE'{partition}'")
        .execute()
    )
    return _last_written(store, key)


def _require_same_types(rows: DataFrame, store: Store, key: str) -> None:
    """Throws UserError when a column has another type in the table: Delta would say so with a Java stack."""
    if not table_exists(store, key):
        return
    stored = {field.name: field.dataType for field in read_table(rows.sparkSession, store, key).schema}
    for field in rows.schema:
        found = stored.get(field.name)
        if found is not None and found.simpleString() != field.dataType.simpleString():
            raise UserError(
                f"{store.url(key)}: column {field.name} is {found.simpleString()} in the table and "
                f"{field.dataType.simpleString()} in the run: keep the type in pipeline.yaml, "
                "or give the column a new name and load it beside the old one"
            )


def _last_written(store: Store, key: str) -> Written:
    """Reads the last commit's own file: Spark would start a job for the same numbers."""
    actions = [json.loads(line) for line in store.read(_commits(store, key)[-1]).splitlines() if line.strip()]
    metrics: dict[str, str] = next(
        (action["commitInfo"].get("operationMetrics", {}) for action in actions if "commitInfo" in action), {}
    )
    rows = (
        int(metrics.get("numTargetRowsInserted", 0)) + int(metrics.get("numTargetRowsUpdated", 0))
        if "numTargetRowsInserted" in metrics
        else int(metrics.get("numOutputRows", 0))
    )
    return Written(rows, sum(int(action["add"]["size"]) for action in actions if "add" in action))


def _commits(store: Store, key: str) -> list[str]:
    """The log's commits, oldest first."""
    return [path for path in store.list(f"{key}/_delta_log") if _COMMIT.fullmatch(path)]
