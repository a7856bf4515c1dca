"""A lake in a folder, on real local Spark, with Delta or Iceberg: what a pipeline's own tests stand on.

from wavehouse.testing import Lake, spark  # `spark` is a fixture
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import pytest
from deltalake import DeltaTable, QueryBuilder
from pyspark.sql import functions as F  # noqa: N812

from wavehouse import layout
from wavehouse.jobs.command import Counted, Run
from wavehouse.jobs.delta_table import DeltaTables
from wavehouse.jobs.gold import make_gold
from wavehouse.jobs.maintain import maintain
from wavehouse.jobs.quality import publish
from wavehouse.jobs.raw import make_raw
from wavehouse.jobs.silver import make_silver
from wavehouse.local_spark import SUBMIT_VARIABLE
from wavehouse.manifest import Manifest, Page, write_manifest
from wavehouse.session import close_session, open_session
from wavehouse.spec import load_pipeline
from wavehouse.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from pyspark.sql import SparkSession

    from wavehouse.spec import Pipeline

Record = dict[str, Any]


@pytest.fixture(scope="session")
def spark() -> Iterator[SparkSession]:
    """The one Spark of a test run."""
    # Rows are few and plans are many: compiling and adapting a plan takes longer than running it.
    quick = {
        "spark.sql.adaptive.enabled": "false",
        "spark.sql.codegen.factoryMode": "NO_CODEGEN",
        "spark.sql.codegen.wholeStage": "false",
        "spark.sql.shuffle.partitions": "1",
    }
    arguments = " ".join(f"--conf {key}={value}" for key, value in quick.items())
    os.environ[SUBMIT_VARIABLE] = f"{arguments} pyspark-shell"
    session = open_session("tests", ("delta", "iceberg"))
    yield session
    close_session(session)


@dataclass(frozen=True)
class Lake:
    """One pipeline and its store."""

    spark: SparkSession
    pipeline_file: Path
    store: Store

    @staticmethod
    def make(spark: SparkSession, folder: Path, pipeline_file: Path) -> Lake:
        """A lake in `folder`, empty, for the pipeline of a file."""
        return Lake(spark, pipeline_file, Store.open("lake", f"{folder.resolve().as_uri()}/{{bucket}}"))

    def ingest(self, partition: str, *pages: Sequence[Any] | bytes, table: str | None = None) -> Manifest:
        """Brings pages to bronze as an ingest does: lists of records, or bytes as they are (with no records)."""
        pipeline = load_pipeline(self.pipeline_file)
        name = table or pipeline.tables[0].name
        listed = []
        for number, content in enumerate(pages, start=1):
            data = content if isinstance(content, bytes) else json.dumps(content, ensure_ascii=False).encode()
            records = 0 if isinstance(content, bytes) else len(content)
            page = Page(layout.bronze_page("1", number), len(data), hashlib.sha256(data).hexdigest(), records)
            self.store.write_atomic(
                f"{layout.bronze_partition(pipeline.name, name, partition)}/{page.path}", data
            )
            listed.append(page)
        manifest = Manifest(pipeline.name, name, partition, "1", "ingest", "http://api", None, tuple(listed))
        write_manifest(self.store, manifest)
        return manifest

    def raw(self, partition: str, *, reload: bool = False) -> Counted:
        """The raw step."""
        return make_raw(self._run(partition, reload=reload))

    def silver(self, partition: str) -> Counted:
        """The silver step."""
        return make_silver(self._run(partition))

    def quality(self, partition: str) -> Counted:
        """The quality step."""
        return publish(self._run(partition))

    def gold(self, partition: str) -> Counted:
        """The gold step."""
        return make_gold(self._run(partition))

    def maintain(self, partition: str = "2000-01-01") -> Counted:
        """The maintenance job."""
        return maintain(self._run(partition))

    def process(self, partition: str, *pages: Sequence[Any] | bytes) -> Counted:
        """Ingest, silver and quality. Returns what quality counted."""
        self.ingest(partition, *pages)
        self.silver(partition)
        return self.quality(partition)

    def rows(self, key: str, *order: str) -> list[Record]:
        """All rows of a table, ordered, nulls first; none where there is no table.

        Delta is read by delta-rs: quick, and a second opinion on what Spark wrote. Of Iceberg, timestamps are texts in
        UTC: what Python makes of a timestamp depends on where it runs.
        """
        if load_pipeline(self.pipeline_file).storage.format == "iceberg":
            return self._iceberg_rows(key, order)
        if not DeltaTables(self.spark, self.store).exists(key):
            return []
        table = DeltaTable(self.store.url(key))
        by = ", ".join(
            f'"{name}" NULLS FIRST' for name in order or [field.name for field in table.schema().fields]
        )
        query = f"SELECT * FROM found ORDER BY {by}"  # noqa: S608
        found = QueryBuilder().register("found", table).execute(query).read_all()
        columns = {name: found[name].to_pylist() for name in found.column_names}
        return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]

    def _iceberg_rows(self, key: str, order: Sequence[str]) -> list[Record]:
        tables = self._run("2000-01-01").versioned
        if not tables.exists(key):
            return []
        found = tables.read(key)
        times = [
            F.date_format(name, "yyyy-MM-dd HH:mm:ss.SSSSSS").alias(name)
            if kind == "timestamp"
            else F.col(name)
            for name, kind in found.dtypes
        ]
        by = [F.col(f"`{name}`").asc_nulls_first() for name in order or found.columns]
        return [row.asDict(recursive=True) for row in found.orderBy(*by).select(*times).collect()]

    def staged(self, table: str) -> list[Record]:
        """What silver staged."""
        return self.rows(
            layout.staging_table(self._name(), table), "ingest_date", "_source_file", "_source_index"
        )

    def published(self, table: str) -> list[Record]:
        """What readers see."""
        return self.rows(layout.silver_table(self._name(), table))

    def quarantined(self, table: str) -> list[Record]:
        """What was refused."""
        return self.rows(
            layout.quarantine_table(self._name(), table), "ingest_date", "_source_file", "_source_index"
        )

    def mart(self, mart: str) -> list[Record]:
        """A gold table."""
        return self.rows(layout.gold_table(self._name(), mart))

    def _name(self) -> str:
        return load_pipeline(self.pipeline_file).name

    def _run(self, partition: str, *, reload: bool = False) -> Run:
        pipeline = load_pipeline(self.pipeline_file)
        self._own_catalogs(pipeline)
        if pipeline.storage.format == "delta":
            # In-memory names outlive a test, and would lead to the last one's folder.
            for database in ("silver", "gold"):
                self.spark.sql(f"DROP DATABASE IF EXISTS {database} CASCADE")
        return Run(self.spark, pipeline, self.store, partition, f"run-{partition}", reload=reload)

    def _own_catalogs(self, pipeline: Pipeline) -> None:
        """A session keeps the catalogs that it has met, and they would lead to the last test's lake."""
        name = f"spark.sql.catalog.{pipeline.storage.catalog}.warehouse"
        if pipeline.storage.format == "iceberg" and self.spark.conf.get(name, "") == self.store.root:
            return
        cast("Any", self.spark)._jsparkSession.sessionState().catalogManager().reset()  # noqa: SLF001
