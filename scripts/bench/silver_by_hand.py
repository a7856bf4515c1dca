"""The generic silver step beside the same transformation written by hand, on what raw holds of a shop's orders.

python silver_by_hand.py PIPELINE ROUNDS      in the environment of the jobs; prints JSON
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from pyspark.sql import functions as F  # noqa: N812

from wavehouse.connections import secret
from wavehouse.jobs.command import Run
from wavehouse.jobs.silver_raw import stage_raw
from wavehouse.session import close_session, open_session
from wavehouse.spec import load_pipeline
from wavehouse.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyspark.sql import Column, DataFrame, SparkSession

TABLES = ("orders", "order_items")
BLOCK = 64


def main(file: Path, rounds: int) -> None:
    """Each in turn, in one session; the first round is not counted."""
    pipeline = load_pipeline(file)
    spark = open_session("silver", ("iceberg",))
    run = Run(spark, pipeline, Store.open(pipeline.storage.bucket), "2000-01-01", "bench")
    tables = [table for table in pipeline.tables if table.name in TABLES]
    _ = run.versioned
    days = spark.table("iceberg.raw.order_items").groupBy("ingest_date").count().orderBy(F.desc("count"))
    day, rows = days.first() or (None, 0)
    run = Run(spark, pipeline, run.store, str(day), "bench")
    _ = run.versioned

    def generic() -> None:
        for table in tables:
            stage_raw(run, table)

    def hand() -> None:
        write(spark, orders(spark, str(day)), "orders", str(day))
        write(spark, order_items(spark, str(day)), "order_items", str(day))

    spark.sql("CREATE NAMESPACE IF NOT EXISTS iceberg.by_hand")
    times: dict[str, list[float]] = {"generic": [], "by_hand": []}
    for number in range(rounds + 1):
        both: list[tuple[str, Callable[[], None]]] = [("generic", generic), ("by_hand", hand)]
        for name, work in both if number % 2 else reversed(both):
            started = time.monotonic()
            work()
            if number:
                times[name].append(time.monotonic() - started)
    for table in TABLES:
        require_same(spark, table, str(day))
    sys.stdout.write(json.dumps({**times, "rows": rows}))
    close_session(spark)


def require_same(spark: SparkSession, table: str, day: str) -> None:
    """Both made the same rows; else the times say nothing."""
    mine = spark.table(f"iceberg.by_hand.{table}")
    theirs = spark.table(f"iceberg.staging.{table}").where(f"ingest_date = DATE'{day}'").select(*mine.columns)
    if mine.exceptAll(theirs).count() or theirs.exceptAll(mine).count():
        raise AssertionError(f"{table}: the generic job and the one by hand differ")


def write(spark: SparkSession, rows: DataFrame, table: str, day: str) -> None:
    """Replaces the day's rows."""
    name = f"iceberg.by_hand.{table}"
    if not spark.catalog.tableExists(name):
        rows.limit(0).writeTo(name).partitionedBy(F.col("ingest_date")).create()
    rows.writeTo(name).overwrite(F.col("ingest_date") == F.lit(day).cast("date"))


def order_items(spark: SparkSession, day: str) -> DataFrame:
    """Lines of orders."""
    types = {
        "order_id": "bigint",
        "line": "int",
        "product_id": "bigint",
        "quantity": "int",
        "unit_price": "decimal(12, 2)",
        "discount": "decimal(12, 2)",
        "created_at": "timestamp",
        "updated_at": "timestamp",
    }
    rows = came(spark, "order_items", day)
    texts = {name: trimmed(name) for name in types}
    values = {name: texts[name].try_cast(kind) for name, kind in types.items()}
    return rows.select(
        *[value.alias(name) for name, value in values.items()],
        *own(day),
        faults([fault(name, kind, texts[name], values[name]) for name, kind in types.items()]),
    ).withColumn("amount", F.expr("CAST(quantity * unit_price AS decimal(14, 2))"))


def orders(spark: SparkSession, day: str) -> DataFrame:
    """Orders, their customers hashed."""
    plain = {"order_id": "bigint", "shipping_fee": "decimal(12, 2)", "updated_at": "timestamp"}
    rows = came(spark, "orders", day)
    names = (*plain, "customer_id", "status", "shipping_country", "placed_at")
    texts = {name: trimmed(name) for name in names}
    values = {name: texts[name].try_cast(kind) for name, kind in plain.items()}
    placed = texts["placed_at"].try_cast("timestamp")
    zone = "Europe/Madrid"
    earlier = F.to_utc_timestamp(placed, zone)
    later = earlier + F.expr("INTERVAL 1 HOUR")
    values["placed_at"] = F.when(F.from_utc_timestamp(later, zone) == placed, later).otherwise(earlier)
    types = {**plain, "placed_at": "timestamp"}
    made = rows.select(
        *[value.alias(name) for name, value in values.items()],
        hashed(texts["customer_id"]).alias("customer_id"),
        F.lower(texts["status"]).alias("status"),
        F.upper(texts["shipping_country"]).alias("shipping_country"),
        *own(day),
        faults([fault(name, kind, texts[name], values[name]) for name, kind in types.items()]),
    )
    return made.withColumn(
        "order_day", F.to_date(F.from_utc_timestamp("placed_at", "Europe/Madrid"))
    ).withColumn("is_cancelled", F.expr("status = 'cancelled'"))


def came(spark: SparkSession, table: str, day: str) -> DataFrame:
    """What came on a day."""
    return spark.table(f"iceberg.raw.{table}").where(F.col("ingest_date") == F.lit(day).cast("date"))


def trimmed(name: str) -> Column:
    """A text without the spaces around it; null where nothing is left."""
    text = F.btrim(F.col(name))
    return F.when(F.length(text) > 0, text)


def fault(name: str, kind: str, text: Column, value: Column) -> Column:
    """Why a row cannot be published."""
    reason = F.concat(F.lit(f"{name}: '"), F.left(text, F.lit(100)), F.lit(f"' is not a {kind}"))
    found = F.struct(F.lit(f"type:{name}").alias("rule"), reason.alias("reason"))
    return F.when(text.isNotNull() & value.isNull(), found)


def faults(found: list[Column]) -> Column:
    """All that speaks against a row."""
    return F.array_compact(F.array(*found)).cast("array<struct<rule:string,reason:string>>").alias("_faults")


def own(day: str) -> list[Column]:
    """Which version a row is, and when it came."""
    version = F.struct(
        F.col("_generation").alias("generation"),
        F.col("_cursor").alias("cursor"),
        F.col("_ingested_at").alias("ingested_at"),
    )
    return [
        version.alias("_version"),
        F.col("_run_id"),
        F.col("ingest_date").alias("_came"),
        F.lit(day).cast("date").alias("ingest_date"),
    ]


def hashed(text: Column) -> Column:
    """HMAC-SHA256 in hex."""
    block = secret("pii_key").encode().ljust(BLOCK, b"\0")
    inner, outer = (F.lit(bytearray(byte ^ mark for byte in block)) for mark in (0x36, 0x5C))
    first = F.unhex(F.sha2(F.concat(inner, F.encode(text, "utf-8")), 256))
    return F.when(text.isNotNull(), F.sha2(F.concat(outer, first), 256))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
