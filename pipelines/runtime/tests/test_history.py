"""Versions to histories: what held, from when to when."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession
from raw_lake import raw_lake

from wavehouse.jobs.history import make_history
from wavehouse.spec import Table, load_pipeline

#: Generation, day of the cursor, order of arrival, country, phone, whether deleted.
Version = tuple[int, int, int, str, str, bool]
#: Country, phone, first day, last day, whether deleted.
Held = tuple[str, str, int, int | None, bool]

CASES: dict[str, tuple[list[Version], list[Held]]] = {
    "one version": ([(0, 1, 1, "es", "1", False)], [("es", "1", 1, None, False)]),
    "only another phone": (
        [(0, 1, 1, "es", "1", False), (0, 2, 2, "es", "2", False)],
        [("es", "2", 1, None, False)],
    ),
    "there and back": (
        [(0, 1, 1, "es", "1", False), (0, 2, 2, "pt", "1", False), (0, 3, 3, "es", "1", False)],
        [("es", "1", 1, 2, False), ("pt", "1", 2, 3, False), ("es", "1", 3, None, False)],
    ),
    "what comes late stands where it belongs": (
        [(0, 1, 1, "es", "1", False), (0, 3, 2, "fr", "3", False), (0, 2, 3, "pt", "2", False)],
        [("es", "1", 1, 2, False), ("pt", "2", 2, 3, False), ("fr", "3", 3, None, False)],
    ),
    "at one moment the last to come counts": (
        [(0, 1, 1, "es", "1", False), (0, 1, 2, "pt", "1", False)],
        [("pt", "1", 1, None, False)],
    ),
    "a delete ends it": (
        [(0, 1, 1, "es", "1", False), (0, 2, 2, "pt", "2", True), (0, 3, 3, "pt", "3", True)],
        [("es", "3", 1, 2, True)],
    ),
    "deleted when first seen": ([(0, 1, 1, "es", "1", True)], [("es", "1", 1, 1, True)]),
    "deleted and there again": (
        [(0, 1, 1, "es", "1", False), (0, 2, 2, "es", "1", True), (0, 4, 3, "es", "1", False)],
        [("es", "1", 1, 2, True), ("es", "1", 4, None, False)],
    ),
    "a new generation forgets what was later": (
        [(0, 1, 1, "es", "1", False), (0, 5, 2, "pt", "1", False), (1, 3, 3, "fr", "1", False)],
        [("es", "1", 1, 3, False), ("fr", "1", 3, None, False)],
    ),
}


@pytest.fixture(scope="module")
def customers(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Table:
    folder: Path = tmp_path_factory.mktemp("history")
    return load_pipeline(raw_lake(spark, folder, tables=["customers"]).pipeline_file).tables[0]


def test_histories(spark: SparkSession, customers: Table) -> None:
    rows = [(name, *version) for name, (versions, _) in CASES.items() for version in versions]
    schema = (
        "customer string, generation int, day int, came int, country string, phone string, is_deleted boolean"
    )
    versions = spark.createDataFrame(rows, schema).selectExpr(
        "customer",
        "struct(generation, timestamp_seconds(day * 86400) AS cursor, timestamp_seconds(came) AS ingested_at) "
        "AS _version",
        "country",
        "phone",
        "is_deleted",
    )
    days = [f"CAST(unix_seconds({name}) / 86400 AS int) AS {name}" for name in ("valid_from", "valid_to")]
    found: dict[str, list[Any]] = {name: [] for name in CASES}
    made = make_history(versions, customers).selectExpr(
        "customer", "country", "phone", *days, "is_deleted", "is_current"
    )
    for row in made.orderBy("valid_from").collect():
        name, *held, is_current = row
        assert is_current == (row["valid_to"] is None)
        found[name].append(tuple(held))
    assert found == {name: wanted for name, (_, wanted) in CASES.items()}
