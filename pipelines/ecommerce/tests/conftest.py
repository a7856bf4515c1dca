"""Fixtures: one Spark, one shop in a PostgreSQL of the test's own, and a lake that has taken its first full load."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from runs import FIRST, PIPELINE, run_all
from shop import PII_KEY, Shop, run_shop

from wavehouse.spec import load_pipeline
from wavehouse.testing import Lake, spark

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyspark.sql import SparkSession

__all__ = ["spark"]

#: How many days are played and loaded one by one. With more than one, all is loaded twice more; thirty take long.
DAYS = int(os.environ.get("WAVEHOUSE_PARITY_DAYS", "1"))
ORDERS = int(os.environ.get("WAVEHOUSE_PARITY_ORDERS", "200"))


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A shop as it was before its first played day, and the environment that jobs find it by."""
    options = {"--orders": ORDERS, "--days": 30 + DAYS, "--played": DAYS, "--start": "2024-02-10"}
    folder = tmp_path_factory.mktemp("shop")
    arguments = [str(part) for option in options.items() for part in option]
    with pytest.MonkeyPatch.context() as environment:
        for shop in run_shop(folder, arguments):
            environment.setenv("WAVEHOUSE_CONNECTION_SHOP_POSTGRES", shop.reader_url)
            environment.setenv("WAVEHOUSE_SECRET_PII_KEY", PII_KEY)
            shop.load()
            yield shop


@pytest.fixture(scope="session")
def lake(spark: SparkSession, shop: Shop, tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """A lake that has taken the full load. Tests take it further, day by day."""
    lake = Lake.make(spark, tmp_path_factory.mktemp("daily"), PIPELINE)
    run_all(lake, FIRST)
    shop.observe(load_pipeline(PIPELINE), 0, FIRST)
    return lake
