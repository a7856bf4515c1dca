"""Writing Delta tables, each write whole or not at all, and repeatable."""

from __future__ import annotations

import json
import re
import tempfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from delta.tables import DeltaTable
from pyspark.sql import functions as F  # noqa: N812

from wavehouse import layout
from wavehouse.jobs.column_types import require_same_types
from wavehouse.jobs.table_format import Written

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyspark.sql import DataFrame, SparkSession

    from wavehouse.spec_partition import PartitionField
    from wavehouse.store import Store

_COMMIT = re.compile(r".*/(\d{20})\.json")


@dataclass(frozen=True)
class DeltaTables:
    """Delta tables at the store's keys. See `Tables` for what each method does."""

    spark: SparkSession
    store: Store

    def exists(self, key: str) -> bool:
        """Whether a key holds a Delta table: one with a commit.

        A job that dies in its first write leaves a folder of the log with nothing in it.
        """
        return bool(self._commits(key))

    def where(self, key: str) -> str:
        """The table's address."""
        return self.store.url(key)

    def read(self, key: str) -> DataFrame:
        """The table at a key."""
        return self.spark.read.format("delta").load(self.store.url(key))

    def count(self, key: str) -> int:
        """How many rows there are."""
        return self.read(key).count()

    def replace_dates(
        self, rows: DataFrame, key: str, dates: Sequence[str], fields: Sequence[PartitionField]
    ) -> Written:
        """See `Tables`."""
        self._require_same_types(rows, key)
        days = ", ".join(f"DATE'{date}'" for date in dates)
        writer = rows.write.format("delta").mode("overwrite").option("mergeSchema", "true")
        writer = writer.option("replaceWhere", f"ingest_date IN ({days})")
        writer.partitionBy(*(field.column for field in fields)).save(self.store.url(key))
        return self._last_written(key)

    def overwrite(self, rows: DataFrame, key: str, fields: Sequence[PartitionField] = ()) -> Written:
        """See `Tables`."""
        # A mart is small, and one file is read fastest.
        writer = rows.coalesce(1).write.format("delta").mode("overwrite").option("overwriteSchema", "true")
        writer.partitionBy(*(field.column for field in fields)).save(self.store.url(key))
        return self._last_written(key)

    def merge_by_key(
        self,
        rows: DataFrame,
        key: str,
        *,
        keys: Sequence[str],
        partition: str,
        fields: Sequence[PartitionField],
    ) -> Written:
        """See `Tables`."""
        if not self.exists(key):
            return self.replace_dates(rows, key, [partition], fields)
        self._require_same_types(rows, key)
        target = DeltaTable.forPath(self.spark, self.store.url(key))
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
        return self._last_written(key)

    def name_for_sql(self, key: str) -> None:
        """See `Tables`."""
        layer, table = layout.layer_and_name(key)
        folder = (self._databases / layer).as_uri()
        self.spark.sql(f"CREATE DATABASE IF NOT EXISTS {layer} LOCATION '{folder}'")
        url = self.store.url(key).replace("'", "\\'")
        self.spark.sql(f"CREATE TABLE IF NOT EXISTS {layer}.{table} USING delta LOCATION '{url}'")

    @cached_property
    def _databases(self) -> Path:
        """The catalog in memory makes a folder for each database; its tables are all elsewhere."""
        return Path(tempfile.mkdtemp(prefix="wavehouse-"))

    def _require_same_types(self, rows: DataFrame, key: str) -> None:
        if self.exists(key):
            require_same_types(rows, self.read(key), self.where(key))

    def _last_written(self, key: str) -> Written:
        """Reads the last commit's own file: Spark would start a job for the same numbers."""
        text = self.store.read(self._commits(key)[-1])
        actions = [json.loads(line) for line in text.splitlines() if line.strip()]
        metrics: dict[str, str] = next(
            (
                action["commitInfo"].get("operationMetrics", {})
                for action in actions
                if "commitInfo" in action
            ),
            {},
        )
        rows = (
            int(metrics.get("numTargetRowsInserted", 0)) + int(metrics.get("numTargetRowsUpdated", 0))
            if "numTargetRowsInserted" in metrics
            else int(metrics.get("numOutputRows", 0))
        )
        return Written(rows, sum(int(action["add"]["size"]) for action in actions if "add" in action))

    def _commits(self, key: str) -> list[str]:
        """The log's commits, oldest first."""
        return [path for path in self.store.list(f"{key}/_delta_log") if _COMMIT.fullmatch(path)]
