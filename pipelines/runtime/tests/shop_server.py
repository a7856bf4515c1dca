"""Fixtures: the shop's database, empty, and the environment that leads to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from postgres_server import PostgresServer
from pyspark.sql import SparkSession
from raw_lake import SCHEMA, raw_lake

from wavehouse.testing import Lake

#: The key of the shop's hashes.
KEY = "only for tests"
MakeLake = Callable[..., Lake]


@pytest.fixture(scope="session")
def server() -> Iterator[PostgresServer]:
    """The server of a test run."""
    found = PostgresServer()
    found.start()
    yield found
    found.remove()


@pytest.fixture
def shop(server: PostgresServer, monkeypatch: pytest.MonkeyPatch) -> PostgresServer:
    """The database, with the shop's tables empty."""
    server.sql(SCHEMA)
    monkeypatch.setenv("WAVEHOUSE_CONNECTION_SHOP_DB", server.url)
    monkeypatch.setenv("WAVEHOUSE_SECRET_PII_KEY", KEY)
    return server


@pytest.fixture
def make_lake(spark: SparkSession, tmp_path: Path, shop: PostgresServer) -> MakeLake:  # noqa: ARG001
    """Makes the test's own lake; made again, with other edits, it keeps its data."""
    return partial(raw_lake, spark, tmp_path)


def order(number: int, status: str = "new", at: str | None = "2025-03-28 10:00+00", **other: str) -> str:
    """An order's row in SQL; `other` columns' values as SQL says them."""
    values = {
        "order_id": f"{number}",
        "customer": "'Ana'",
        "status": f"'{status}'",
        "amount": "10.50",
        "weight": "1.5",
        "created_at": "'2025-03-28 12:00'",
        "updated_at": f"'{at}'" if at else "NULL",
    } | other
    return f"INSERT INTO shop.orders ({', '.join(values)}) VALUES ({', '.join(values.values())})"


def bring(lake: Lake, day: str) -> None:
    """Raw, silver and quality of a day."""
    lake.raw(day)
    lake.silver(day)
    lake.quality(day)
