"""Which tables a mart's SQL is taken to read."""

from __future__ import annotations

import pytest

from wavehouse.mart_sql import reads


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM silver.orders",
        "SELECT * FROM lake.silver.orders AS o",
        "SELECT * FROM `silver` . `orders`",
        "SELECT * FROM Silver.ORDERS",
        "SELECT * FROM silver /* of the shop */ . orders",
        "SELECT '--' AS dash FROM silver.orders",
        "SELECT '/*' AS start FROM silver.orders WHERE note <> '*/'",
        r"SELECT 'it\'s -- so', 'it''s -- so', " + '"--" FROM silver.orders',
        "SELECT a AS `--` FROM silver.orders",
    ],
)
def test_it_reads_the_table(sql: str) -> None:
    assert reads(sql, "silver", "orders")


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM silver.orders_old",
        "SELECT * FROM gold.orders",
        "SELECT * FROM my_silver.orders",
        "SELECT 1 -- FROM silver.orders",
        "SELECT 1 /* FROM\nsilver.orders */",
        "SELECT 'silver.orders' AS name FROM silver.items",
        "SELECT 'a\nsilver.orders' AS name FROM silver.items",
    ],
)
def test_it_does_not_read_the_table(sql: str) -> None:
    assert not reads(sql, "silver", "orders")
