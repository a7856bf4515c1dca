"""Iceberg's own procedures, called so that they are safe beside jobs that write."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from wavehouse.jobs.upkeep import Compacted

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from pyspark.sql import Row, SparkSession

    from wavehouse.jobs.table_format import VersionedTables

#: So many small files in a partition, or notes of replaced rows for a file, are worth writing anew.
_COMPACT = {"min-input-files": "5", "delete-file-threshold": "5", "remove-dangling-deletes": "true"}


@dataclass(frozen=True)
class IcebergUpkeep:
    """See `Upkeep` for what each method does."""

    tables: VersionedTables
    spark: SparkSession

    def compact(self, key: str) -> Compacted:
        """See `Upkeep`."""
        if self.tables.snapshot(key) is None:
            return Compacted(0, 0, 0)
        files = self._call(key, "rewrite_data_files", options=_COMPACT)
        deletes = self._call(key, "rewrite_position_delete_files")
        if files.rewritten_data_files_count or deletes.rewritten_delete_files_count:
            self._call(key, "rewrite_manifests")
        return Compacted(
            files.rewritten_data_files_count + deletes.rewritten_delete_files_count,
            files.added_data_files_count + deletes.added_delete_files_count,
            files.rewritten_bytes_count + deletes.rewritten_bytes_count,
        )

    def expire(self, key: str, before: datetime) -> int:
        """See `Upkeep`. A catalog that keeps branches, as Nessie does, removes files by a program of its own."""
        if not self._collects(key):
            sys.stdout.write(
                f"{self.tables.where(key)}: its catalog alone removes files (gc.enabled is false)\n"
            )
            return 0
        found = self._call(key, "expire_snapshots", moments={"older_than": before}, retain_last=1)
        return sum(count for name, count in found.asDict().items() if name.endswith("_files_count"))

    def remove_orphans(self, key: str, before: datetime) -> int:
        """See `Upkeep`."""
        if not self._collects(key):
            return 0
        return len(self._rows(key, "remove_orphan_files", moments={"older_than": before}))

    def _collects(self, key: str) -> bool:
        """Whether files that this table names no more may be removed: elsewhere they may still be named."""
        found = self.spark.sql(f"SHOW TBLPROPERTIES {self.tables.where(key)}").collect()
        return not any(row["key"] == "gc.enabled" and row["value"] == "false" for row in found)

    def _call(
        self,
        key: str,
        procedure: str,
        moments: Mapping[str, datetime] | None = None,
        options: Mapping[str, str] | None = None,
        **numbers: int,
    ) -> Row:
        return self._rows(key, procedure, moments, options, **numbers)[0]

    def _rows(
        self,
        key: str,
        procedure: str,
        moments: Mapping[str, datetime] | None = None,
        options: Mapping[str, str] | None = None,
        **numbers: int,
    ) -> list[Row]:
        catalog, layer, name = self.tables.where(key).split(".")
        arguments = [f"table => '{layer}.{name}'"]
        arguments += [f"{name} => {number}" for name, number in numbers.items()]
        # The session's zone is UTC, whatever the machine's is.
        arguments += [
            f"{name} => TIMESTAMP '{moment.strftime('%Y-%m-%d %H:%M:%S')}'"
            for name, moment in (moments or {}).items()
        ]
        if options:
            pairs = ", ".join(f"'{name}', '{value}'" for name, value in options.items())
            arguments.append(f"options => map({pairs})")
        return self.spark.sql(f"CALL {catalog}.system.{procedure}({', '.join(arguments)})").collect()
