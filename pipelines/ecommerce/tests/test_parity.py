"""Spark's tables are PostgreSQL's: after the full load, after each day, after a full reload, and loaded at once."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from compare import require_same
from runs import FIRST, PIPELINE, run_all

from wavehouse.jobs.raw_versions import source_columns
from wavehouse.spec import load_pipeline
from wavehouse.testing import Lake

if TYPE_CHECKING:
    from pathlib import Path

    from pyspark.sql import SparkSession
    from shop import Shop

    from wavehouse.spec import Pipeline


def require_parity(spark: SparkSession, shop: Shop, pipeline: Pipeline) -> None:
    """Every silver table and every mart holds what PostgreSQL makes of the same shop."""
    for table in pipeline.tables:
        expected = shop.rows(f"SELECT * FROM silver.{table.name}")
        require_same(f"silver.{table.name}", spark.table(f"iceberg.silver.{table.name}"), expected)
    for mart in pipeline.marts:
        expected = shop.rows(f"SELECT * FROM gold.{mart.name}")
        require_same(f"gold.{mart.name}", spark.table(f"iceberg.gold.{mart.name}"), expected)


def require_raw(spark: SparkSession, shop: Shop, pipeline: Pipeline, reloaded: date | None = None) -> None:
    """Raw holds every version that a run can have seen, as PostgreSQL writes it, once.

    After a reload on a day it holds all that the shop has once more, of a new generation.
    """
    for table in pipeline.tables:
        raw = spark.table(f"iceberg.raw.{table.name}")
        columns = source_columns(raw)
        fields = ", ".join(f"line ->> '{name}' AS \"{name}\"" for name in columns)
        expected = shop.rows(
            f"SELECT is_gone AS _removed, partition AS ingest_date, 0 AS _generation, {fields} "
            f"FROM expected.versions WHERE source = '{table.name}'"
        )
        if reloaded:
            expected += all_rows(shop, table.name, columns, reloaded, generation=1)
        require_same(f"raw.{table.name}", raw, expected)


def all_rows(
    shop: Shop, table: str, columns: list[str], day: date, *, generation: int = 0
) -> list[dict[str, Any]]:
    """What raw gets of a table that is read whole."""
    fields = ", ".join(f'"{name}"::text AS "{name}"' for name in columns)
    return shop.rows(
        f"SELECT false AS _removed, date '{day}' AS ingest_date, {generation} AS _generation, {fields} "
        f"FROM shop.{table}"
    )


def test_three_ways_give_the_same_rows(spark: SparkSession, shop: Shop, lake: Lake, tmp_path: Path) -> None:
    pipeline = load_pipeline(PIPELINE)
    require_raw(lake.spark, shop, pipeline)
    require_parity(lake.spark, shop, pipeline)
    day = FIRST
    for run, script in enumerate(shop.day_scripts, start=1):
        shop.play(script)
        day = FIRST + timedelta(days=run)
        assert script.name == f"day-{day}.sql"
        run_all(lake, day)
        shop.observe(pipeline, run, day)
        require_raw(lake.spark, shop, pipeline)
        require_parity(lake.spark, shop, pipeline)
    if len(shop.day_scripts) == 1:
        # Each of the other two ways takes as long as all until here.
        return

    run_all(lake, day, reload=True)
    require_raw(lake.spark, shop, pipeline, reloaded=day)
    require_parity(lake.spark, shop, pipeline)

    fresh = Lake.make(spark, tmp_path, PIPELINE)
    run_all(fresh, day)
    for table in pipeline.tables:
        raw = fresh.spark.table(f"iceberg.raw.{table.name}")
        require_same(f"raw.{table.name}", raw, all_rows(shop, table.name, source_columns(raw), day))
    require_like_a_fresh_load(fresh.spark, shop, pipeline)


def require_like_a_fresh_load(spark: SparkSession, shop: Shop, pipeline: Pipeline) -> None:
    """A lake that begins today knows all but what the shop has forgotten: old versions, and what was deleted."""
    for table in pipeline.tables:
        name = table.name
        if table.write == "scd2":
            expected = without(shop.rows(f"SELECT * FROM silver.{name} WHERE is_current"), "valid_from")
            found = spark.table(f"iceberg.silver.{name}").where("is_current")
        elif table.settings["load"].get("deletes", {}).get("mode") == "snapshot":
            expected = shop.rows(f"SELECT * FROM silver.{name} WHERE NOT is_deleted")
            found = spark.table(f"iceberg.silver.{name}")
        else:
            expected = shop.rows(f"SELECT * FROM silver.{name}")
            found = spark.table(f"iceberg.silver.{name}")
        require_same(f"silver.{name}", found, expected)
    for mart in pipeline.marts:
        expected = shop.rows(f"SELECT * FROM gold.{mart.name}")
        require_same(f"gold.{mart.name}", spark.table(f"iceberg.gold.{mart.name}"), expected)


def without(rows: list[dict[str, Any]], column: str) -> list[dict[str, Any]]:
    """The rows without one of their columns."""
    return [{key: value for key, value in row.items() if key != column} for row in rows]
