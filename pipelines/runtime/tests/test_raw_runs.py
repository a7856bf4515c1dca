"""Runs that meet, that find no source or their memory gone, and clocks that are set back."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, local
from typing import Any

import pytest
from postgres_server import PostgresServer
from shop_server import MakeLake, bring, make_lake, order, server, shop

from wavehouse.errors import UserError
from wavehouse.jobs import raw
from wavehouse.testing import Lake

__all__ = ["make_lake", "server", "shop"]

DAY1, DAY2, DAY3 = "2025-10-25", "2025-10-26", "2025-10-27"


def statuses(lake: Lake) -> dict[int, str]:
    return {row["order_id"]: row["status"] for row in lake.published("orders")}


def meeting(work: Callable[..., Any], runs: int) -> Callable[..., Any]:
    """The work, at whose first call each of the runs waits for the others."""
    barrier, met = Barrier(runs, timeout=300), local()

    def wait_once(*arguments: Any) -> Any:
        if not getattr(met, "here", False):
            met.here = True
            barrier.wait()
        return work(*arguments)

    return wait_once


def test_two_runs_at_once_bring_each_version_once(
    make_lake: MakeLake, shop: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake = make_lake(tables=["products"])
    shop.sql("INSERT INTO shop.products VALUES (1, 'Tee', 3.5), (2, 'Mug', 1)")
    lake.raw(DAY1)
    shop.sql("UPDATE shop.products SET price = 4 WHERE product_id = 1")
    # Both have looked at what raw holds before either of them writes.
    monkeypatch.setattr(raw, "_stamped", meeting(raw._stamped, 2))
    with ThreadPoolExecutor(2) as pool:
        runs = [pool.submit(lake.raw, DAY2) for _ in range(2)]
        brought = [run.result().tables[0]["rows_out"] for run in runs]
    assert sorted(brought) == [0, 1]
    assert len(lake.rows("raw/shop/products")) == 3


def test_a_lost_watermark_and_a_version_that_comes_again_change_nothing(
    make_lake: MakeLake, shop: PostgresServer
) -> None:
    lake = make_lake(tables=["orders"])
    shop.sql(order(1, at="2025-10-25 10:00+00"), order(2, at="2025-10-25 10:00+00"))
    bring(lake, DAY1)
    lake.gold(DAY1)
    notes = "('wavehouse.raw-through', 'wavehouse.published-at')"
    lake.spark.sql(f"ALTER TABLE iceberg.silver.orders UNSET TBLPROPERTIES {notes}")
    # The same again, as if it had changed, and one that has.
    shop.sql(
        "UPDATE shop.orders SET updated_at = '2025-10-26 09:00+00' WHERE order_id = 1",
        "UPDATE shop.orders SET status = 'paid', updated_at = '2025-10-26 09:00+00' WHERE order_id = 2",
    )
    bring(lake, DAY2)
    lake.gold(DAY2)
    assert statuses(lake) == {1: "new", 2: "paid"}
    assert len(lake.rows("raw/shop/orders")) == 4
    assert [(row["orders"], str(row["amount"])) for row in lake.mart("sales")] == [(2, "21.00")]


def test_what_happened_while_the_source_was_down_comes_when_it_is_back(
    make_lake: MakeLake, shop: PostgresServer
) -> None:
    lake = make_lake(tables=["orders"])
    shop.sql(order(1, at="2025-10-25 10:00+00"))
    bring(lake, DAY1)
    shop.sql(order(2, at="2025-10-26 10:00+00"))
    shop.stop()
    try:
        with pytest.raises(UserError, match=r"source db: postgresql://127\.0\.0\.1:\d+/\w+ .*refused"):
            lake.raw(DAY2)
    finally:
        shop.start()
    shop.sql(order(3, at="2025-10-27 10:00+00"))
    bring(lake, DAY3)
    assert sorted(statuses(lake)) == [1, 2, 3]


def test_in_the_hour_that_comes_twice_what_arrives_later_is_newer(
    make_lake: MakeLake, shop: PostgresServer
) -> None:
    """A cursor without a zone: 02:50 of the first such hour lies before 02:10 of the second."""
    local_cursor = ("updated_at: timestamp\n", "updated_at: { type: timestamp, timezone: Europe/Madrid }\n")
    lake = make_lake(local_cursor, tables=["orders"])
    shop.sql("ALTER TABLE shop.orders ALTER updated_at TYPE timestamp USING updated_at AT TIME ZONE 'UTC'")
    shop.sql(order(1, at="2025-10-26 02:50"))
    bring(lake, DAY2)
    shop.sql("UPDATE shop.orders SET status = 'paid', updated_at = '2025-10-26 02:10'")
    bring(lake, DAY2)
    assert statuses(lake) == {1: "paid"}
    shop.sql("UPDATE shop.orders SET status = 'sent', updated_at = '2025-10-26 03:00'")
    bring(lake, DAY3)
    assert statuses(lake) == {1: "sent"}
    # No source that went back, and nothing that came twice.
    assert {row["_generation"] for row in lake.rows("raw/shop/orders")} == {0}
    assert len(lake.rows("raw/shop/orders")) == 3


def test_a_new_column_comes_to_a_table_that_is_read_whole_and_has_lost_rows(
    make_lake: MakeLake, shop: PostgresServer
) -> None:
    """Raw is read as it was before it was given the column: Spark refuses a plan over a table that changed."""
    columns = "      columns: { product_id"
    evolve = (columns, f"      contract: {{ newColumns: evolve }}\n{columns}")
    lake = make_lake(evolve, tables=["products"])
    shop.sql("INSERT INTO shop.products VALUES (1, 'Tee', 3.5), (2, 'gone soon', 1)")
    bring(lake, DAY1)
    shop.sql(
        "ALTER TABLE shop.products ADD COLUMN weight int",
        "DELETE FROM shop.products WHERE product_id = 2",
        "INSERT INTO shop.products VALUES (3, 'Mug', 1, 300)",
    )
    bring(lake, DAY2)
    found = [(row["product_id"], row["is_deleted"], row["weight"]) for row in lake.published("products")]
    assert found == [(1, False, None), (2, True, None), (3, False, 300)]
