"""A silver job on a sample, and the same few rows read and written by a Spark session as pip starts it.

python bare_session.py prepare|job|bare FOLDER      in the environment of the jobs
"""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from wavehouse import layout
from wavehouse.manifest import Manifest, Page, write_manifest
from wavehouse.spec import load_pipeline
from wavehouse.store import Store

if TYPE_CHECKING:
    from wavehouse.spec import Column

FILE = Path(__file__).parents[2] / "pipelines" / "breweries" / "pipeline.yaml"
DAY = "2026-01-01"
RECORDS = 200


def prepare() -> None:
    """Brings one page to bronze, as an ingest does."""
    pipeline = load_pipeline(FILE)
    table = pipeline.tables[0]
    store = Store.open(pipeline.storage.bucket)
    records = [
        {column.source_field: _value(column, number) for column in table.read} for number in range(RECORDS)
    ]
    data = json.dumps(records).encode()
    page = Page(layout.bronze_page("1", 1), len(data), hashlib.sha256(data).hexdigest(), len(records))
    store.write_atomic(f"{layout.bronze_partition(pipeline.name, table.name, DAY)}/{page.path}", data)
    write_manifest(
        store, Manifest(pipeline.name, table.name, DAY, "1", "1", "http://api", len(records), (page,))
    )


def _value(column: Column, number: int) -> str | int:
    return f"{column.name} {number}" if column.type == "string" else number % 90


def job() -> int:
    """The silver job."""
    from wavehouse.jobs.command import main  # noqa: PLC0415  (a bare session loads none of it)
    from wavehouse.jobs.silver import make_silver  # noqa: PLC0415

    return main("silver", make_silver, ["--pipeline", str(FILE), "--partition", DAY, "--run-id", "bench"])


def bare(folder: Path) -> None:
    """Spark with Delta, told nothing but that."""
    from pyspark.sql import SparkSession  # noqa: PLC0415

    from wavehouse.local_spark import FORMAT_CONF, local_jars  # noqa: PLC0415

    builder = SparkSession.builder.master("local[2]").appName("bare")
    builder = builder.config("spark.driver.extraClassPath", ":".join(map(str, local_jars(("delta",)))))
    for key, value in FORMAT_CONF["delta"].items():
        builder = builder.config(key, value)
    spark = builder.getOrCreate()
    pages = next(folder.glob("**/page-*.json"))
    spark.read.json(str(pages), multiLine=True).write.format("delta").mode("overwrite").save(
        str(folder / "bare")
    )
    spark.stop()


if __name__ == "__main__":
    match sys.argv[1]:
        case "prepare":
            prepare()
        case "job":
            sys.exit(job())
        case _:
            bare(Path(sys.argv[2]))
