"""Tables are tidied beside jobs that write: no row goes, and what stands on their past still works."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event

import pytest
from postgres_server import PostgresServer
from pyspark.sql import functions as F  # noqa: N812
from shop_server import MakeLake, bring, make_lake, order, server, shop

from wavehouse.jobs import conflict
from wavehouse.jobs.iceberg_upkeep import IcebergUpkeep
from wavehouse.testing import Lake, Record

__all__ = ["make_lake", "server", "shop"]

FIRST = datetime(2025, 3, 1, tzinfo=UTC)


def day(number: int) -> str:
    return (FIRST + timedelta(days=number)).strftime("%Y-%m-%d")


def paid(number: int, on: int) -> str:
    return (
        f"UPDATE shop.orders SET status = 'paid', updated_at = '{day(on)} 11:00+00' WHERE order_id = {number}"
    )


def live(lake: Lake, shop: PostgresServer, days: range) -> None:
    """Each day one order comes, and the one before is paid."""
    for number in days:
        shop.sql(order(number, at=f"{day(number)} 10:00+00"), paid(number - 1, number))
        bring(lake, day(number))


def seen(lake: Lake) -> list[Record]:
    return [dict(row) for row in lake.published("orders")]


def data_files(lake: Lake, table: str) -> int:
    return lake.spark.table(f"iceberg.{table}.data_files").count()


def test_files_are_put_together_and_no_reader_notices(make_lake: MakeLake, shop: PostgresServer) -> None:
    lake = make_lake(tables=["orders"])
    live(lake, shop, range(1, 6))
    lake.gold(day(5))
    before = {key: lake.rows(key) for key in ("raw/shop/orders", "silver/shop/orders", "gold/shop/sales")}
    files = data_files(lake, "silver.orders")
    # What a job that died left, and what one that runs has only just written.
    folder = next(Path(lake.store.root.removeprefix("file://")).glob("**/silver/orders/data"))
    left, fresh = folder / "left.parquet", folder / "fresh.parquet"
    for path in (left, fresh):
        path.write_bytes(b"rows")
    week_ago = time.time() - 7 * 86400
    os.utime(left, (week_ago, week_ago))

    done = {table["name"]: table for table in lake.maintain().tables}

    assert data_files(lake, "silver.orders") < files
    assert done["silver.orders"]["files_before"] > done["silver.orders"]["files_after"]
    assert (left.exists(), fresh.exists()) == (False, True)
    assert {key: lake.rows(key) for key in before} == before
    # The mart sees that nothing changed, and then only what did.
    assert lake.gold(day(5)).tables[0]["rows_out"] == 0
    live(lake, shop, range(6, 7))
    assert lake.gold(day(6)).tables[0]["rows_out"] == 1
    assert [row["orders"] for row in lake.mart("sales")] == [6]


def test_of_a_catalog_that_removes_files_itself_only_the_small_files_are_put_together(
    make_lake: MakeLake, shop: PostgresServer, capsys: pytest.CaptureFixture[str]
) -> None:
    lake = make_lake(tables=["orders"])
    live(lake, shop, range(1, 6))
    tables = [f"iceberg.{name}.orders" for name in ("raw", "staging", "silver")]
    for table in tables:
        lake.spark.sql(f"ALTER TABLE {table} SET TBLPROPERTIES ('gc.enabled' = 'false')")
    files = data_files(lake, "silver.orders")
    lake.maintain()
    assert data_files(lake, "silver.orders") < files
    told = capsys.readouterr().out
    for table in tables:
        assert f"{table}: its catalog alone removes files" in told


def test_after_the_past_has_expired_loads_and_marts_go_on(make_lake: MakeLake, shop: PostgresServer) -> None:
    lake = make_lake(tables=["orders"])
    live(lake, shop, range(1, 2))
    lake.gold(day(1))
    live(lake, shop, range(2, 3))
    upkeep = IcebergUpkeep(lake._run(day(2)).versioned, lake.spark)
    for key in ("raw/shop/orders", "staging/shop/orders", "silver/shop/orders", "gold/shop/sales"):
        upkeep.expire(key, datetime.now(UTC) + timedelta(seconds=5))
        assert lake.spark.table(f"iceberg.{'.'.join(key.split('/')[::2])}.snapshots").count() == 1
    # What the mart was made of cannot be told any more: all of it is made anew, with what came meanwhile.
    lake.gold(day(2))
    assert [row["orders"] for row in lake.mart("sales")] == [2]
    # The watermark is in the rows.
    brought = {table["name"]: table for table in lake.raw(day(2)).tables}
    assert brought["orders"]["rows_out"] == 0
    live(lake, shop, range(3, 4))
    assert {row["order_id"]: row["status"] for row in seen(lake)} == {1: "paid", 2: "paid", 3: "new"}
    assert len(lake.rows("raw/shop/orders")) == 5


def test_a_load_that_maintenance_overtakes_does_its_work_again(
    make_lake: MakeLake, shop: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake = make_lake(tables=["orders"])
    shop.sql(*[order(number) for number in range(1, 5)])
    bring(lake, day(1))
    tables = lake._run(day(1)).versioned
    rows = tables.read("silver/shop/orders").localCheckpoint()
    for number in range(5):
        change = rows.where("order_id = 1").withColumn("status", F.lit(f"changed {number}"))
        tables.merge_changes(change, "silver/shop/orders", on=["order_id"], newer="true", fields=())
    waits: list[float] = []
    monkeypatch.setattr(conflict, "pause", waits.append)
    compacted = lake.store.root.removeprefix("file://") + "/compacted"

    def until_compacted(status: str) -> str:
        deadline = time.monotonic() + 120
        while not Path(compacted).exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        return f"{status} late"

    late = F.udf(until_compacted)
    # One task, so that the other of two can compact.
    changes = rows.where("order_id <= 3").coalesce(1).withColumn("status", late("status"))
    with ThreadPoolExecutor(1) as pool:
        merge = pool.submit(
            tables.merge_changes, changes, "silver/shop/orders", on=["order_id"], newer="true", fields=()
        )
        while not lake.spark.sparkContext.statusTracker().getActiveJobsIds():
            Event().wait(0.05)
        assert IcebergUpkeep(tables, lake.spark).compact("silver/shop/orders").files_before > 0
        Path(compacted).touch()
        merge.result()
    assert waits
    assert [row["status"] for row in seen(lake)] == ["new late"] * 3 + ["new"]


def test_no_row_is_lost_and_readers_are_fine_while_both_write(
    make_lake: MakeLake, shop: PostgresServer
) -> None:
    lake = make_lake(tables=["orders"])
    live(lake, shop, range(1, 3))
    done = Event()

    def until_done(work: Callable[[], object]) -> int:
        times = 0
        while not done.is_set():
            work()
            times += 1
        return times

    def read() -> None:
        numbers = [row.order_id for row in lake.spark.table("iceberg.silver.orders").collect()]
        assert sorted(numbers) == list(range(1, len(numbers) + 1))
        assert len(numbers) >= 2

    with ThreadPoolExecutor(2) as pool:
        tidying, reading = pool.submit(until_done, lake.maintain), pool.submit(until_done, read)
        try:
            live(lake, shop, range(3, 7))
            lake.gold(day(6))
        finally:
            done.set()
        assert tidying.result() > 0
        assert reading.result() > 0
    assert [(row["order_id"], row["status"]) for row in seen(lake)] == [
        *[(number, "paid") for number in range(1, 6)],
        (6, "new"),
    ]
    assert len(lake.rows("raw/shop/orders")) == 11
    assert [row["orders"] for row in lake.mart("sales")] == [6]


def test_tables_that_are_not_there_yet_are_left_out(make_lake: MakeLake) -> None:
    assert make_lake().maintain().tables == []
