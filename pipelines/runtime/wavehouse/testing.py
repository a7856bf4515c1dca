"""A lake in a folder, on real local Spark and Delta: what a pipeline's own tests stand on.

from wavehouse.testing import Lake, spark  # `spark` is a fixture
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from wavehouse import layout
from wavehouse.jobs.command import Counted, Run
from wavehouse.jobs.delta_table import read_table, table_exists
from wavehouse.jobs.gold import make_gold
from wavehouse.jobs.quality import publish
from wavehouse.jobs.silver import make_silver
from wavehouse.manifest import Manifest, Page, write_manifest
from wavehouse.session import close_session, open_session
from wavehouse.spec import load_pipeline
from wavehouse.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from pyspark.sql import SparkSession

Record = dict[str, Any]


@pytest.fixture(scope="session")
def spark() -> Iterator[SparkSession]:
    """The one Spark of a test run."""
    session = open_session("tests")
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

    def silver(self, partition: str) -> Counted:
        """The silver step."""
        return make_silver(self._run(partition))

    def quality(self, partition: str) -> Counted:
        """The quality step."""
        return publish(self._run(partition))

    def gold(self, partition: str) -> Counted:
        """The gold step."""
        return make_gold(self._run(partition))

    def process(self, partition: str, *pages: Sequence[Any] | bytes) -> Counted:
        """Ingest, silver and quality. Returns what quality counted."""
        self.ingest(partition, *pages)
        self.silver(partition)
        return self.quality(partition)

    def rows(self, key: str, *order: str) -> list[Record]:
        """All rows of a Delta table, ordered; none where there is no table."""
        if not table_exists(self.store, key):
            return []
        table = read_table(self.spark, self.store, key)
        return [row.asDict(recursive=True) for row in table.orderBy(*(order or table.columns)).collect()]

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

    def _run(self, partition: str) -> Run:
        # In-memory names outlive a test, and would lead to the last one's folder.
        for database in ("silver", "gold"):
            self.spark.sql(f"DROP DATABASE IF EXISTS {database} CASCADE")
        return Run(self.spark, load_pipeline(self.pipeline_file), self.store, partition, f"run-{partition}")
