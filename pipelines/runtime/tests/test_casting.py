"""Texts to values: what is seen without a search is what the search would find."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from pyspark.sql import functions as F  # noqa: N812

from wavehouse.jobs import casting
from wavehouse.spec import Column

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

SPACES = casting._SPACES
EDGES = ["", "a", "~", "!", "\x7f", "é", "😀", "\u200d", "\u202e", "\x00", "0", *SPACES]


def test_white_space_goes_from_both_ends_and_nothing_else(spark: SparkSession) -> None:
    texts = [
        f"{first}{middle}{last}"
        for first in EDGES
        for middle in ("", "b", "b c", "b\u00a0c")
        for last in EDGES
    ]
    rows = spark.createDataFrame([(text,) for text in [*texts, None]], "text string")
    cleaned = casting.clean_text(Column("text", "string", "text"), F.col("text"))
    found = {row["text"]: row["cleaned"] for row in rows.withColumn("cleaned", cleaned).collect()}
    wanted = {text: text.strip(SPACES) or None for text in texts}
    assert found.pop(None) is None
    assert found == wanted


@pytest.mark.parametrize("timezone", ["UTC", "Europe/Madrid"])
def test_times_are_read_as_by_the_searches_alone(
    spark: SparkSession, timezone: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    days = [
        "2024-03-31",
        "2024-3-31",
        "2024-03-1",
        "2024-3-1",
        "2024",
        "2024-03",
        "02024-03-31",
        "+2024-03-31",
    ]
    times = ["", " 02:30:00", "T02:30:00.123456", " 2:30:00", " 02:30", "x"]
    zones = ["", "Z", " Z", "+02:00", "-05", "+5:30", " Europe/Madrid", "UTC", "-", "[Europe/Madrid]"]
    texts = [f"{day}{time}{zone}" for day in days for time in times for zone in zones] + [
        "02:30:00",
        "12:00:00Z",
    ]
    rows = spark.createDataFrame([(text,) for text in texts], "text string")

    def read() -> list[tuple[str, object]]:
        value = casting.typed(F.col("text"), "timestamp", timezone).cast("string")
        return [(row["text"], row["value"]) for row in rows.withColumn("value", value).collect()]

    found = read()
    monkeypatch.setattr(casting, "_has_day", lambda text: text.rlike(casting._DAY))
    monkeypatch.setattr(casting, "_has_zone", lambda text: text.rlike(casting._ZONE))
    assert found == read()
    assert sum(value is not None for _, value in found) > 20
