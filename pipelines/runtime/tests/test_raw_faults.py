"""What goes wrong between a database and silver: the next run puts it right, or stops and says what to do."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from postgres_server import PostgresServer
from shop_server import MakeLake, bring, make_lake, order, server, shop

from wavehouse.errors import UserError
from wavehouse.jobs import publish_raw
from wavehouse.jobs.command import require_environment
from wavehouse.jobs.iceberg_table import IcebergTables
from wavehouse.spec import load_pipeline
from wavehouse.testing import Lake, Record

__all__ = ["make_lake", "server", "shop"]

DAY1, DAY2, DAY3, DAY4 = "2025-03-28", "2025-03-29", "2025-03-30", "2025-03-31"


def orders(lake: Lake) -> dict[int, Record]:
    return {row["order_id"]: row for row in lake.published("orders")}


def statuses(lake: Lake) -> dict[int, str]:
    return {number: row["status"] for number, row in orders(lake).items()}


def raw_count(lake: Lake) -> int:
    return len(lake.rows("raw/shop/orders"))


def die(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


def killed_in(place: type | object, name: str, work: Callable[[], object]) -> None:
    """Does the work, as if the process died where a function is called."""
    with pytest.MonkeyPatch.context() as broken:
        broken.setattr(place, name, die)
        with pytest.raises(KeyboardInterrupt):
            work()


def test_killed_before_between_and_after_its_commits_a_run_is_made_good(
    make_lake: MakeLake, shop: PostgresServer
) -> None:
    lake = make_lake(tables=["orders"])
    shop.sql(order(1), order(2, amount="-1"))
    killed_in(IcebergTables, "append", lambda: lake.raw(DAY1))
    assert raw_count(lake) == 0
    lake.raw(DAY1)
    lake.raw(DAY1)
    assert raw_count(lake) == 2
    lake.silver(DAY1)
    # The quarantine is written, silver is not.
    killed_in(IcebergTables, "merge_changes", lambda: lake.quality(DAY1))
    assert orders(lake) == {}
    # This day is never run again. The next one finds what it left.
    shop.sql(order(3, at="2025-03-29 10:00+00"))
    lake.raw(DAY2)
    lake.silver(DAY2)
    # Silver is written, and that it is, is not.
    killed_in(publish_raw, "_note_progress", lambda: lake.quality(DAY2))
    assert sorted(orders(lake)) == [1, 3]
    lake.silver(DAY2)
    lake.quality(DAY2)
    assert {number: str(row["ingest_date"]) for number, row in orders(lake).items()} == {1: DAY1, 3: DAY2}
    assert [(row["order_id"], row["_rule"]) for row in lake.rows("quarantine/shop/orders")] == [
        (2, "no_negative_amount")
    ]
    # A refused row that is mended comes out, and its quarantine stays with the day on which it was refused.
    shop.sql("UPDATE shop.orders SET amount = 1, updated_at = '2025-03-30 00:00+00' WHERE order_id = 2")
    bring(lake, DAY3)
    assert sorted(orders(lake)) == [1, 2, 3]


def test_ties_late_rows_null_cursors_and_clocks(make_lake: MakeLake, shop: PostgresServer) -> None:
    lake = make_lake(tables=["orders"])
    shop.sql(order(1), order(2, at=None), order(3, at="infinity"))
    bring(lake, DAY1)
    assert sorted(orders(lake)) == [1, 2]
    refused = [(row["order_id"], row["_reason"]) for row in lake.rows("quarantine/shop/orders")]
    assert refused == [(3, "updated_at: 'infinity' is not a timestamp")]
    shop.sql(
        order(4),  # the same cursor as the newest that came
        order(5, at="2025-03-28 09:55+00"),  # committed late, within the lag
        "UPDATE shop.orders SET status = 'paid' WHERE order_id = 2",  # still without a cursor
    )
    bring(lake, DAY2)
    assert statuses(lake) == {1: "new", 2: "paid", 4: "new", 5: "new"}
    assert raw_count(lake) == 6
    # A clock an hour, or a century, ahead: what it stamped must not hide what is stamped rightly later.
    shop.sql(order(6, at="2999-01-01 00:00+00"))
    bring(lake, DAY3)
    shop.sql(
        order(7, at="2999-01-01 00:00+00"), "UPDATE shop.orders SET updated_at = now() WHERE order_id = 1"
    )
    bring(lake, DAY4)
    assert sorted(orders(lake)) == [1, 2, 4, 5, 6, 7]
    raw = [row for row in lake.rows("raw/shop/orders") if row["order_id"] == "1"]
    assert len(raw) == 2


def test_values_that_fit_no_type_wait_with_their_reason_and_all_others_come_whole(
    make_lake: MakeLake, shop: PostgresServer
) -> None:
    lake = make_lake(tables=["orders"])
    long = "x" * 1_000_000
    shop.sql(
        order(1, weight="'NaN'"),
        order(2, weight="'-Infinity'"),
        order(3, amount="'NaN'"),
        order(4, created_at="'infinity'"),
        order(5, created_at="'0044-03-15 BC'"),
        order(6, status="Ünï 👩‍🌾 مصنع"),
        order(7, status=long),
        order(8, created_at="'2024-02-29 23:30'"),
        # The hour that does not exist, and the one that comes twice, in Madrid.
        order(9, created_at="'2025-03-30 02:30'"),
        order(10, created_at="'2025-10-26 02:30'"),
    )
    bring(lake, DAY1)
    found = orders(lake)
    assert sorted(found) == [6, 7, 8, 9, 10]
    refused = {row["order_id"]: row["_reason"] for row in lake.rows("quarantine/shop/orders")}
    assert refused[1] == "weight: 'NaN' is not a double"
    assert refused[3] == "amount: 'NaN' is not a decimal(12, 2)"
    assert (found[6]["status"], found[7]["status"]) == ("ünï 👩‍🌾 مصنع", long)
    wanted = shop.sql(
        "SELECT created_at AT TIME ZONE 'Europe/Madrid' FROM shop.orders WHERE order_id >= 8 ORDER BY order_id"
    ).splitlines()
    assert [found[number]["created_at"][:19] for number in (8, 9, 10)] == [text[:19] for text in wanted]


def test_columns_that_come_go_and_narrow(make_lake: MakeLake, shop: PostgresServer) -> None:
    lake = make_lake(tables=["orders"])
    shop.sql(order(1))
    bring(lake, DAY1)
    shop.sql(
        "ALTER TABLE shop.orders ADD COLUMN points int, DROP COLUMN weight, ALTER COLUMN amount TYPE numeric(6, 2)",
        "INSERT INTO shop.orders VALUES (2, 'Ana', 'new', 7.25, '2025-03-29 12:00', '2025-03-29 10:00+00', 9)",
    )
    bring(lake, DAY2)
    found = orders(lake)
    assert [(row["points"], row["weight"], str(row["amount"])) for row in found.values()] == [
        (None, 1.5, "10.50"),
        (9, None, "7.25"),
    ]
    frozen = make_lake(
        ("{ newColumns: evolve, missingColumns: evolve }", "{ newColumns: evolve, missingColumns: freeze }"),
        tables=["orders"],
    )
    with pytest.raises(UserError, match=r"the source no longer has the column weight, and contract\.missing"):
        frozen.raw(DAY3)
    frozen = make_lake(
        ("{ newColumns: evolve, missingColumns: evolve }", "{ missingColumns: evolve }"), tables=["orders"]
    )
    with pytest.raises(UserError, match=r"the source has a new column points \(integer\), and contract\.new"):
        frozen.raw(DAY3)
    waiting = (
        "{ newColumns: evolve, missingColumns: evolve }",
        "{ newColumns: quarantine, missingColumns: evolve }",
    )
    lake = make_lake(waiting, tables=["orders"])
    shop.sql("UPDATE shop.orders SET status = 'paid', updated_at = '2025-03-30 00:00+00'")
    bring(lake, DAY3)
    assert statuses(lake) == {1: "paid", 2: "new"}
    assert [row["_reason"] for row in lake.rows("quarantine/shop/orders")] == [
        "columns that are not declared: points"
    ]


def test_a_source_restored_from_a_backup_is_read_anew(make_lake: MakeLake, shop: PostgresServer) -> None:
    deletes = ("lag: 10m, split", "lag: 10m, deletes: { mode: snapshot }, split")
    lake = make_lake(deletes, tables=["orders"])
    shop.sql(order(1), order(2), order(3))
    bring(lake, DAY1)
    shop.sql(
        "UPDATE shop.orders SET status = 'paid', updated_at = '2025-03-29 00:00+00' WHERE order_id = 1",
        order(4, at="2025-03-29 10:00+00"),
        "DELETE FROM shop.orders WHERE order_id = 2",
    )
    bring(lake, DAY2)
    assert statuses(lake) == {1: "paid", 2: "new", 3: "new", 4: "new"}
    assert {number for number, row in orders(lake).items() if row["is_deleted"]} == {2}
    # As it was on the first day.
    shop.sql("TRUNCATE shop.orders", order(1), order(2), order(3))
    bring(lake, DAY3)
    assert statuses(lake) == {1: "new", 2: "new", 3: "new", 4: "new"}
    assert {number for number, row in orders(lake).items() if row["is_deleted"]} == {4}
    # From here on it goes on as ever; a reload by hand changes nothing.
    shop.sql("UPDATE shop.orders SET status = 'late', updated_at = '2025-03-28 11:00+00' WHERE order_id = 3")
    bring(lake, DAY4)
    assert statuses(lake)[3] == "late"
    before = [
        {**row, "_published_at": 0, "_version": 0, "ingest_date": 0} for row in lake.published("orders")
    ]
    lake.raw(DAY4, reload=True)
    lake.silver(DAY4)
    lake.quality(DAY4)
    after = [{**row, "_published_at": 0, "_version": 0, "ingest_date": 0} for row in lake.published("orders")]
    assert after == before


def test_what_is_missing_is_told_before_anything_runs_and_no_secret_with_it(
    make_lake: MakeLake, shop: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake = make_lake(tables=["orders"])
    pipeline = load_pipeline(lake.pipeline_file)
    shop.sql("DROP TABLE shop.orders")
    with pytest.raises(UserError, match=r"pipeline\.yaml:10: table orders: .* shows no table orders"):
        lake.raw(DAY1)
    with pytest.raises(
        UserError, match=r"iceberg\.raw\.orders: nothing came yet: run the raw step of 2025-03-28"
    ):
        lake.silver(DAY1)
    monkeypatch.setenv("WAVEHOUSE_CONNECTION_SHOP_DB", shop.url.replace("secret%2Fword", "wr0ng"))
    with pytest.raises(UserError, match="password authentication failed") as told:
        lake.raw(DAY1)
    assert "wr0ng" not in str(told.value)
    monkeypatch.setenv("WAVEHOUSE_CONNECTION_SHOP_DB", "postgresql://u:wr0ng@127.0.0.1:1/shop")
    with pytest.raises(UserError, match=r"source db: postgresql://127\.0\.0\.1:1/shop .*refused"):
        lake.raw(DAY1)
    monkeypatch.delenv("WAVEHOUSE_CONNECTION_SHOP_DB")
    with pytest.raises(UserError, match="WAVEHOUSE_CONNECTION_SHOP_DB is not set"):
        require_environment(pipeline, "raw")
    monkeypatch.delenv("WAVEHOUSE_SECRET_PII_KEY")
    with pytest.raises(UserError, match="WAVEHOUSE_SECRET_PII_KEY is not set"):
        require_environment(pipeline, "silver")
