"""From a real PostgreSQL to raw, silver and a mart, on real Spark and Iceberg."""

from __future__ import annotations

import hashlib
import hmac

import pytest
from postgres_server import PostgresServer
from shop_server import KEY, MakeLake, bring, make_lake, order, server, shop

from wavehouse.jobs.command import RuleBrokenError
from wavehouse.testing import Record

__all__ = ["make_lake", "server", "shop"]

DAY1, DAY2 = "2025-03-28", "2025-03-29"


def hashed(text: str) -> str:
    return hmac.new(KEY.encode(), text.encode(), hashlib.sha256).hexdigest()


def test_a_shop_reaches_its_mart_day_by_day(make_lake: MakeLake, shop: PostgresServer) -> None:
    lake = make_lake()
    shop.sql(
        *[order(number) for number in range(1, 8)],
        "INSERT INTO shop.customers VALUES ('Ana', 'Ana P.', '+34 600-111-222', '1984-05-06', 'es', "
        "'2025-03-01 00:00+00', NULL)",
        "INSERT INTO shop.products VALUES (1, 'Tee ☕', 3.5), (2, 'gone soon', 1)",
    )
    bring(lake, DAY1)
    lake.gold(DAY1)
    assert [row["order_id"] for row in lake.published("orders")] == list(range(1, 8))
    first: Record = lake.published("orders")[0]
    assert (first["customer"], first["status"], str(first["amount"])) == (hashed("Ana"), "new", "10.50")
    assert (first["created_at"], str(first["order_day"])) == ("2025-03-28 11:00:00.000000", DAY1)
    ana = lake.published("customers")[0]
    assert (ana["customer"], ana["phone"], str(ana["born"])) == (hashed("Ana"), "********222", "1980-01-01")
    assert "full_name" not in ana
    shop.sql(
        "UPDATE shop.orders SET status = 'PAID', updated_at = '2025-03-29 09:00+00' WHERE order_id = 3",
        order(8, at="2025-03-29 10:00+00", created_at="'2025-03-29 12:00'"),
        "UPDATE shop.customers SET country = 'pt', updated_at = '2025-03-29 00:00+00'",
        "DELETE FROM shop.products WHERE product_id = 2",
    )
    bring(lake, DAY2)
    made = lake.gold(DAY2).tables[0]
    assert {row["order_id"]: row["status"] for row in lake.published("orders")}[3] == "paid"
    # Both days are touched: order 3 is of the first, and another order would leave that alone.
    assert [(str(row["order_day"]), row["orders"]) for row in lake.mart("sales")] == [(DAY1, 7), (DAY2, 1)]
    assert made["rows_out"] == 2
    history = [
        (row["country"], row["valid_from"][:10], row["is_current"])
        for row in lake.rows("silver/shop/customers", "valid_from")
    ]
    assert history == [("ES", "2025-03-01", False), ("PT", "2025-03-29", True)]
    products = [(row["product_id"], row["is_deleted"]) for row in lake.published("products")]
    assert products == [(1, False), (2, True)]
    # Run again, nothing more comes, and nothing moves.
    before, published = len(lake.rows("raw/shop/orders")), lake.published("orders")
    bring(lake, DAY2)
    assert (len(lake.rows("raw/shop/orders")), lake.published("orders")) == (before, published)
    assert lake.gold(DAY2).tables[0]["rows_out"] == 0


def test_a_mart_whose_rules_are_broken_stays_as_it_was(make_lake: MakeLake, shop: PostgresServer) -> None:
    lake = make_lake(tables=["orders"])
    shop.sql(order(1))
    bring(lake, DAY1)
    lake.gold(DAY1)
    before = lake.mart("sales")
    broken = make_lake(("rule: orders > 0", "rule: orders < 2"), tables=["orders"])
    shop.sql(order(2, at="2025-03-29 10:00+00"))
    bring(broken, DAY2)
    with pytest.raises(RuleBrokenError, match=r"rule `orders < 2` .* of mart sales is broken by 1 of 1 rows"):
        broken.gold(DAY2)
    assert lake.mart("sales") == before
    # What is not one row a day has no grain of a day.
    (lake.pipeline_file.parent / "sales.sql").write_text("SELECT order_day, 1 AS orders FROM silver.orders")
    with pytest.raises(RuleBrokenError, match=r"mart sales: 1 rows share their grain \(order_day\)"):
        lake.gold(DAY2)
    assert lake.mart("sales") == before
