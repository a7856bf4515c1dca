"""What the jobs ask of a table format. They know this and no format itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pyspark.sql import Column as SparkColumn
    from pyspark.sql import DataFrame, SparkSession

    from wavehouse.spec import Pipeline
    from wavehouse.spec_partition import PartitionField
    from wavehouse.store import Store


@dataclass(frozen=True)
class Written:
    """What a commit wrote: rows (inserted and updated, for a merge) and bytes of new data files."""

    rows: int
    bytes: int


class Tables(Protocol):
    """The tables of a pipeline, by the keys that `layout` makes. Each write is whole or not at all, and repeatable."""

    def exists(self, key: str) -> bool:
        """Whether there is a table."""

    def where(self, key: str) -> str:
        """How messages call the table."""

    def read(self, key: str) -> DataFrame:
        """The table's rows."""

    def count(self, key: str) -> int:
        """How many rows there are."""

    def replace_dates(
        self, rows: DataFrame, key: str, dates: Sequence[str], fields: Sequence[PartitionField]
    ) -> Written:
        """Makes the rows all that the table holds for some ingest dates; the table's other rows stay."""

    def overwrite(self, rows: DataFrame, key: str, fields: Sequence[PartitionField] = ()) -> Written:
        """Makes the rows all that the table holds, with their own columns."""

    def merge_by_key(
        self,
        rows: DataFrame,
        key: str,
        *,
        keys: Sequence[str],
        partition: str,
        fields: Sequence[PartitionField],
    ) -> Written:
        """Updates a table by key with the rows of an ingest date. A row of a newer date is never overwritten.

        A row that an earlier run of the same date published and that is no longer among `rows` goes, so that a date
        run again does not leave what it has since refused. What that row had replaced comes back when its own date
        runs again.
        """

    def name_for_sql(self, key: str) -> None:
        """Makes `<layer>.<table>` stand for the table in this session's SQL."""


class VersionedTables(Tables, Protocol):
    """A format whose tables tell what they were, and keep notes: what raw, and all that is made of it, stands on."""

    def append(
        self,
        rows: DataFrame,
        key: str,
        fields: Sequence[PartitionField],
        *,
        later: SparkColumn,
        seen: str | None,
    ) -> Written:
        """Adds rows; new columns join the table.

        The rows follow from what the table was at the snapshot `seen` (None: empty), when no row was `later`. Where
        others have added such rows since, the commit is refused (see `conflict`).
        """

    def merge_changes(
        self,
        changes: DataFrame,
        key: str,
        *,
        on: Sequence[str],
        newer: str,
        fields: Sequence[PartitionField],
        within: Mapping[str, tuple[int, int]] | None = None,
    ) -> Written:
        """Updates and inserts rows by the columns `on`; where `_gone` is true, deletes.

        A row is updated where `newer` holds: SQL over `t` (the table) and `s` (the changes). `_gone` is not stored.
        `within` says between which values some of the columns `on` lie in all the changes: no other file is read.
        """

    def replace_where(
        self, rows: DataFrame, key: str, condition: SparkColumn, fields: Sequence[PartitionField]
    ) -> Written:
        """Makes the rows all that the table holds where a condition on its partitions is true."""

    def notes(self, key: str) -> dict[str, str]:
        """What was noted beside the table; nothing where there is no table."""

    def note(self, key: str, notes: Mapping[str, str]) -> None:
        """Notes something beside the table."""

    def snapshot(self, key: str) -> str | None:
        """What names the table as it is now; None where there is no table or nothing was ever written."""

    def same_rows_since(self, key: str, snapshot: str) -> bool:
        """Whether nothing was done to the table since but to put the same rows into other files."""

    def read_at(self, key: str, snapshot: str) -> DataFrame | None:
        """The table as it was; None where nobody keeps that any more."""


def open_tables(spark: SparkSession, pipeline: Pipeline, store: Store) -> Tables:
    """The tables of a pipeline, in the format that it declares."""
    # A format is loaded only where it is used.
    if pipeline.storage.format == "iceberg":
        return open_versioned(spark, pipeline, store)
    from wavehouse.jobs.delta_table import DeltaTables  # noqa: PLC0415

    return DeltaTables(spark, store)


def open_versioned(spark: SparkSession, pipeline: Pipeline, store: Store) -> VersionedTables:
    """The tables of a pipeline whose format tells what they were. Nothing else is called for any other."""
    if pipeline.storage.format != "iceberg":
        raise AssertionError(f"{pipeline.storage.format} is refused before anything runs")
    from wavehouse.jobs.iceberg_table import IcebergTables  # noqa: PLC0415

    return IcebergTables.open(spark, pipeline, store)
