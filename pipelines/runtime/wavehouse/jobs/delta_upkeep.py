"""Delta's own OPTIMIZE and VACUUM."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from delta.tables import DeltaTable

from wavehouse.jobs.upkeep import Compacted

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from wavehouse.store import Store

_HOUR = 3600


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
        # Delta refuses less than a week unless it is told that no job runs for so long: none runs for a day.
        check = "spark.databricks.delta.retentionDurationCheck.enabled"
        self.spark.conf.set(check, "false")
        try:
            url = self.store.url(key).replace("`", "")
            hours = (datetime.now(UTC) - before).total_seconds() / _HOUR
            found = self.spark.sql(f"VACUUM delta.`{url}` RETAIN {hours:.3f} HOURS DRY RUN").count()
            self._table(key).vacuum(hours)
        finally:
            self.spark.conf.unset(check)
        return found

    def remove_orphans(self, key: str, before: datetime) -> int:  # noqa: ARG002
        """See `Upkeep`: `expire` has done it."""
        return 0

    def _table(self, key: str) -> DeltaTable:
        return DeltaTable.forPath(self.spark, self.store.url(key))
