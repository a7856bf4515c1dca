"""Writing Iceberg tables, by the names that they have in a catalog. Each write is one commit."""

from __future__ import annotations

import uuid
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException
from pyspark.sql import functions as F  # noqa: N812

from wavehouse import layout
from wavehouse.catalogs import catalog_conf
from wavehouse.errors import UserError
from wavehouse.jobs.column_types import require_same_types
from wavehouse.jobs.conflict import again_on_conflict
from wavehouse.jobs.table_format import Written
from wavehouse.spec_partition import PartitionField

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pyspark.sql import Column as SparkColumn
    from pyspark.sql import DataFrame, SparkSession

    from wavehouse.spec import Pipeline
    from wavehouse.store import Store

_OWNER = "pipeline"
#: The operation of a commit that puts the same rows into other files.
_REWRITTEN = "replace"
_NOTE = "wavehouse."
_DATE = PartitionField("ingest_date")
_SPARK_UTIL = "org.apache.iceberg.spark.Spark3Util"

_PROPERTIES = {
    "format-version": "2",
    # A day's changes are scattered: to note which rows are replaced costs less than to write all files anew.
    "write.merge.mode": "merge-on-read",
    "write.update.mode": "merge-on-read",
    "write.delete.mode": "merge-on-read",
    "write.metadata.delete-after-commit.enabled": "true",
    "write.metadata.previous-versions-max": "20",
}


@dataclass(frozen=True)
class IcebergTables:
    """Iceberg tables of one pipeline in one catalog. See `VersionedTables` for what each method does."""

    spark: SparkSession
    pipeline: str
    catalog: str

    @staticmethod
    def open(spark: SparkSession, pipeline: Pipeline, store: Store) -> IcebergTables:
        """Tells the session what the pipeline's catalog is, and makes it the one that SQL means."""
        name = pipeline.storage.catalog
        if name is None:
            raise UserError(f"{pipeline.at(pipeline.storage.line)}: spec.storage: iceberg needs a `catalog`")
        for key, value in catalog_conf(name, store).items():
            spark.conf.set(f"spark.sql.catalog.{name}{f'.{key}' if key else ''}", value)
        spark.sql(f"SET CATALOG `{name}`")
        return IcebergTables(spark, pipeline.name, name)

    def exists(self, key: str) -> bool:
        """Whether the catalog has the table."""
        return self.spark.catalog.tableExists(self.where(key))

    def where(self, key: str) -> str:
        """The table's name."""
        return ".".join((self.catalog, *layout.layer_and_name(key)))

    def read(self, key: str) -> DataFrame:
        """The table's rows."""
        return self.spark.table(self.where(key))

    def count(self, key: str) -> int:
        """How many rows there are, as the last commit tells."""
        current = self._table(key).currentSnapshot()
        summary = {} if current is None else _texts(current.summary())
        return int(summary.get("total-records", 0)) - int(summary.get("total-position-deletes", 0))

    def append(
        self,
        rows: DataFrame,
        key: str,
        fields: Sequence[PartitionField],
        *,
        later: SparkColumn,
        seen: str | None,
    ) -> Written:
        """See `VersionedTables`."""
        before = self.snapshot(key)
        writer = self._ready(rows, key, fields).writeTo(self.where(key))
        if seen is not None:
            # Spark's append asks nothing. To replace rows, of which there are none, asks for those that came since.
            writer = writer.option("isolation-level", "serializable").option(
                "validate-from-snapshot-id", seen
            )
        writer.overwrite(later)
        return self._written_since(key, before)

    def replace_dates(
        self, rows: DataFrame, key: str, dates: Sequence[str], fields: Sequence[PartitionField]
    ) -> Written:
        """See `Tables`."""
        days = ", ".join(f"DATE'{date}'" for date in dates)
        # Only whole files can be replaced, so a file holds one date.
        split = fields if _DATE in fields else (_DATE, *fields)
        return self.replace_where(rows, key, F.expr(f"ingest_date IN ({days})"), split)

    def replace_where(
        self, rows: DataFrame, key: str, condition: SparkColumn, fields: Sequence[PartitionField]
    ) -> Written:
        """See `VersionedTables`."""
        before = self.snapshot(key)
        self._ready(rows, key, fields).writeTo(self.where(key)).overwrite(condition)
        return self._written_since(key, before)

    def overwrite(self, rows: DataFrame, key: str, fields: Sequence[PartitionField] = ()) -> Written:
        """See `Tables`."""
        self._require_owned(key)
        before = self.snapshot(key)
        with self._named(rows) as name:
            self._create_namespace(key)
            self.spark.sql(
                f"CREATE OR REPLACE TABLE {self.where(key)} USING iceberg {_partitioned_by(fields)} "
                f"{self._properties()} AS TABLE {name}"
            )
        return self._written_since(key, before)

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
        return self._merge(
            self._ready(rows, key, fields),
            key,
            keys,
            "WHEN MATCHED AND s.ingest_date >= t.ingest_date THEN UPDATE SET * "
            "WHEN NOT MATCHED THEN INSERT * "
            f"WHEN NOT MATCHED BY SOURCE AND t.ingest_date = DATE'{partition}' THEN DELETE",
        )

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
        """See `VersionedTables`."""
        ready = self._ready(changes.drop("_gone"), key, fields)
        stored = ready.columns
        if "_gone" in changes.columns:
            ready = self._aligned(changes, key)
        values = ", ".join(f"s.`{name}`" for name in stored)
        names = ", ".join(f"`{name}`" for name in stored)
        assigned = ", ".join(f"t.`{name}` = s.`{name}`" for name in stored)
        gone = "_gone" in changes.columns
        return self._merge(
            ready,
            key,
            on,
            f"{'WHEN MATCHED AND s._gone THEN DELETE' if gone else ''} "  # noqa: S608  (of names, not values)
            f"WHEN MATCHED AND ({newer}) THEN UPDATE SET {assigned} "
            f"WHEN NOT MATCHED {'AND NOT s._gone' if gone else ''} THEN INSERT ({names}) VALUES ({values})",
            [f"t.`{name}` BETWEEN {low} AND {high}" for name, (low, high) in (within or {}).items()],
        )

    def name_for_sql(self, key: str) -> None:
        """Its name stands already: the catalog is the session's own."""

    def notes(self, key: str) -> dict[str, str]:
        """See `VersionedTables`."""
        if not self.exists(key):
            return {}
        found = _texts(self._table(key).properties())
        return {name.removeprefix(_NOTE): value for name, value in found.items() if name.startswith(_NOTE)}

    def note(self, key: str, notes: Mapping[str, str]) -> None:
        """See `VersionedTables`."""
        pairs = ", ".join(f"'{_NOTE}{name}' = {_quoted(value)}" for name, value in notes.items())
        self.spark.sql(f"ALTER TABLE {self.where(key)} SET TBLPROPERTIES ({pairs})")

    def snapshot(self, key: str) -> str | None:
        """See `VersionedTables`."""
        current = self._table(key).currentSnapshot() if self.exists(key) else None
        return None if current is None else str(current.snapshotId())

    def same_rows_since(self, key: str, snapshot: str) -> bool:
        """See `VersionedTables`."""
        table = self._table(key)
        current = table.currentSnapshot()
        while current is not None and str(current.snapshotId()) != snapshot:
            if current.operation() != _REWRITTEN:
                return False
            parent = current.parentId()
            current = None if parent is None else table.snapshot(parent)
        return current is not None

    def read_at(self, key: str, snapshot: str) -> DataFrame | None:
        """See `VersionedTables`."""
        if not self.exists(key) or self._table(key).snapshot(int(snapshot)) is None:
            return None
        return self.spark.sql(f"SELECT * FROM {self.where(key)} VERSION AS OF {int(snapshot)}")  # noqa: S608

    def _merge(
        self, changes: DataFrame, key: str, on: Sequence[str], clauses: str, within: Sequence[str] = ()
    ) -> Written:
        before = self.snapshot(key)
        same = " AND ".join([*(f"t.`{name}` = s.`{name}`" for name in on), *within])
        with self._named(changes) as name:
            merge = f"MERGE INTO {self.where(key)} t USING {name} s ON {same} {clauses}"
            again_on_conflict(lambda: self.spark.sql(merge))
        return self._written_since(key, before)

    def _ready(self, rows: DataFrame, key: str, fields: Sequence[PartitionField]) -> DataFrame:
        """Makes the table where it is missing, gives it the rows' new columns, and the rows those that they lack."""
        self._require_owned(key)
        if not self.exists(key):
            columns = ", ".join(
                f"`{field.name}` {field.dataType.simpleString()}{_comment(field.metadata)}"
                for field in rows.schema
            )
            self._create_namespace(key)
            self.spark.sql(
                f"CREATE TABLE IF NOT EXISTS {self.where(key)} ({columns}) USING iceberg "
                f"{_partitioned_by(fields)} {self._properties()}"
            )
            return rows
        stored = self.read(key)
        require_same_types(rows, stored, self.where(key))
        known = {name.lower() for name in stored.columns}
        new = [
            f"`{field.name}` {field.dataType.simpleString()}{_comment(field.metadata)}"
            for field in rows.schema
            if field.name.lower() not in known
        ]
        if new:
            self.spark.sql(f"ALTER TABLE {self.where(key)} ADD COLUMNS ({', '.join(new)})")
        return self._aligned(rows, key)

    def _aligned(self, rows: DataFrame, key: str) -> DataFrame:
        """The rows with every column of the table; one that they do not have is null."""
        known = {name.lower() for name in rows.columns}
        lacking = {
            field.name: F.lit(None).cast(field.dataType)
            for field in self.read(key).schema
            if field.name.lower() not in known
        }
        return rows.withColumns(lacking) if lacking else rows

    def _require_owned(self, key: str) -> None:
        """Throws UserError when another pipeline made the table: a catalog has one of each name."""
        owner = self.notes(key).get(_OWNER, self.pipeline)
        if owner != self.pipeline:
            raise UserError(
                f"{self.where(key)} belongs to the pipeline {owner}: give the table of {self.pipeline} another name"
            )

    def _create_namespace(self, key: str) -> None:
        layer, _ = layout.layer_and_name(key)
        name = f"{self.catalog}.{layer}"
        try:
            self.spark.sql(f"CREATE NAMESPACE IF NOT EXISTS {name}")
        except (PySparkException, Py4JJavaError):
            # Another thread or process was first: a catalog in a database looks, and then inserts.
            if not self.spark.catalog.databaseExists(name):
                raise

    def _properties(self) -> str:
        wanted = {**_PROPERTIES, f"{_NOTE}{_OWNER}": self.pipeline}
        return f"TBLPROPERTIES ({', '.join(f'{_quoted(name)} = {_quoted(value)}' for name, value in wanted.items())})"

    def _written_since(self, key: str, before: str | None) -> Written:
        """Reads the last commit's own summary: Spark would start a job for the same numbers."""
        table = self._table(key)
        current = table.currentSnapshot()
        if current is None or str(current.snapshotId()) == before:
            return Written(0, 0)
        summary = _texts(current.summary())
        return Written(int(summary.get("added-records", 0)), int(summary.get("added-files-size", 0)))

    def _table(self, key: str) -> Any:  # noqa: ANN401  (Iceberg's own, in Java)
        # By its whole name: for each part of one by parts, py4j looks for a class in all the jars.
        util = getattr(cast("Any", self.spark)._jvm, _SPARK_UTIL)  # noqa: SLF001
        return util.loadIcebergTable(cast("Any", self.spark)._jsparkSession, self.where(key))  # noqa: SLF001

    @contextmanager
    def _named(self, rows: DataFrame) -> Iterator[str]:
        """Gives the rows a name that SQL can say, for a while."""
        name = f"rows_{uuid.uuid4().hex}"
        rows.createOrReplaceTempView(name)
        try:
            yield name
        finally:
            self.spark.catalog.dropTempView(name)


def _texts(found: Any) -> dict[str, str]:  # noqa: ANN401  (a java.util.Map)
    """A map of texts. To walk through it, as `dict` would, ends in an exception of Java's, and that takes long."""
    return {name: found.get(name) for name in found.keySet().toArray()}


def _partitioned_by(fields: Sequence[PartitionField]) -> str:
    return f"PARTITIONED BY ({', '.join(_transform(field) for field in fields)})" if fields else ""


def _transform(field: PartitionField) -> str:
    if field.transform == "identity":
        return f"`{field.column}`"
    if field.width:
        return f"{field.transform}({field.width}, `{field.column}`)"
    return f"{field.transform}(`{field.column}`)"


def _comment(metadata: Mapping[str, Any]) -> str:
    return f" COMMENT {_quoted(metadata['comment'])}" if "comment" in metadata else ""


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
