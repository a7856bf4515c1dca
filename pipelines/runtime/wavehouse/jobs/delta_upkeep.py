"""Delta's own OPTIMIZE and VACUUM."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from delta.tables import DeltaTable

from wavehouse.jobs.upkeep import Compacted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pyspark.sql import SparkSession

    from wavehouse.store import Store

_HOUR = 3600

_VACUUM = {
    # Delta refuses less than a week unless it is told that no job runs for so long: none runs for a day.
    "spark.databricks.delta.retentionDurationCheck.enabled": "false",
    # It lists a folder in as many tasks: of Spark's ten thousand, a small table's took minutes.
    "spark.sql.sources.parallelPartitionDiscovery.parallelism": "8",
}


@dataclass(frozen=True)
class DeltaUpkeep:
    """See `Upkeep` for what each method does."""

    spark: SparkSession
    store: Store

    def compact(self, key: str) -> Compacted:
        """See `Upkeep`."""
        done = self._table(key).optimize().executeCompaction().collect()[0]["metrics"]
        return Compacted(done.numFilesRemoved, done.numFilesAdded, done.filesAdded.totalSize or 0)

    def expire(self, key: str, before: datetime) -> int:
        """See `Upkeep`. One walk through the folder removes what expired and what no version ever knew."""
        url = self.store.url(key).replace("`", "")
        hours = (datetime.now(UTC) - before).total_seconds() / _HOUR
        with self._set(_VACUUM):
            found = self.spark.sql(f"VACUUM delta.`{url}` RETAIN {hours:.3f} HOURS DRY RUN").count()
            self._table(key).vacuum(hours)
        return found

    def remove_orphans(self, key: str, before: datetime) -> int:  # noqa: ARG002
        """See `Upkeep`: `expire` has done it."""
        return 0

    @contextmanager
    def _set(self, settings: Mapping[str, str]) -> Iterator[None]:
        """Sets the session for a while."""
        before = {name: self.spark.conf.get(name, None) for name in settings}
        for name, value in settings.items():
            self.spark.conf.set(name, value)
        try:
            yield
        finally:
            for name, earlier in before.items():
                if earlier is not None:
                    self.spark.conf.set(name, earlier)
                else:
                    self.spark.conf.unset(name)

    def _table(self, key: str) -> DeltaTable:
        return DeltaTable.forPath(self.spark, self.store.url(key))
