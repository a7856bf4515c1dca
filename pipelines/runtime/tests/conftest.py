"""Fixtures of the jobs' tests: one Spark for the whole run, and a lake with a small pipeline."""

from __future__ import annotations

import os
import subprocess
import sys
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


def run_job(step: str, lake: Lake, partition: str) -> subprocess.CompletedProcess[str]:
    """Runs a job as a process of its own, as the DAG does."""
    runtime = Path(__file__).parents[1]
    arguments = ["--pipeline", str(lake.pipeline_file), "--partition", partition, "--run-id", "r"]
    own = {name: value for name, value in os.environ.items() if not name.startswith("PYSPARK")}
    return subprocess.run(
        [sys.executable, str(runtime / "wavehouse" / "jobs" / f"{step}.py"), *arguments],
        env={
            **own,
            "PYTHONPATH": str(runtime),
            "WAVEHOUSE_STORE": lake.store.root.replace("/lake", "/{bucket}"),
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
