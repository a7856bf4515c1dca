"""Fixtures of the jobs' tests: one Spark for the whole run, and a lake with a small pipeline."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from wavehouse.testing import Lake, spark

__all__ = ["spark"]

PIPELINE = """\
apiVersion: wavehouse.dev/v1
kind: Pipeline
metadata: { name: shop, owner: tests }
spec:
  schedule: "@daily"
  storage: { format: delta, bucket: lake }
  sources: { api: { type: http, url: "http://localhost/things" } }
  tables:
    - name: things
      source: api
      write: merge
      keys: [id]
      partitionBy: [country]
      contract: { newColumns: evolve, missingColumns: evolve }
      columns:
        id: string
        name: string
        country: string
        size: double
        old: { type: string, deprecated: true }
      quality: []
  marts:
    - { name: by_country, sql: by_country.sql }
"""

SQL = "SELECT country, count(*) AS things FROM silver.things GROUP BY country"


def lake_in(spark: SparkSession, folder: Path, *edits: tuple[str, str], sql: str = SQL) -> Lake:
    """A lake with the small pipeline, each (old, new) replaced in its text."""
    text = PIPELINE
    for old, new in edits:
        assert text.count(old) == 1, f"{old!r} is not once in the pipeline"
        text = text.replace(old, new)
    pipeline = folder / "pipeline"
    pipeline.mkdir(exist_ok=True)
    (pipeline / "pipeline.yaml").write_text(text)
    (pipeline / "by_country.sql").write_text(sql)
    return Lake.make(spark, folder, pipeline / "pipeline.yaml")


@pytest.fixture
def make_lake(spark: SparkSession, tmp_path: Path) -> Callable[..., Lake]:
    """Makes the test's own lake; made again, with other edits, it keeps its data."""
    return partial(lake_in, spark, tmp_path)
