"""Delta's tables are tidied: files are put together, what expired goes, and rows stay as they are."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from wavehouse.jobs.delta_upkeep import DeltaUpkeep
from wavehouse.testing import Lake

SILVER = "silver/shop/things"
FILES = 3
MONTH = 30 * 86400


def thing(number: int, name: str) -> dict[str, object]:
    return {"id": str(number), "name": name, "country": "es", "size": 1.5}


def live(make_lake: Callable[..., Lake]) -> Lake:
    """A table in three files, as a job with many cores leaves it."""
    lake = make_lake(("partitionBy: [country]", "partitionBy: []"))
    lake.process("2026-01-01", [thing(number, "a") for number in range(1, 7)])
    url = lake.store.url(SILVER)
    rows = lake.spark.read.format("delta").load(url).repartition(FILES, "id")
    rows.write.format("delta").mode("overwrite").save(url)
    return lake


def data_files(lake: Lake) -> set[Path]:
    return set((Path(lake.store.root.removeprefix("file://")) / SILVER).glob("*.parquet"))


def test_files_are_put_together_and_no_reader_notices(make_lake: Callable[..., Lake]) -> None:
    lake = live(make_lake)
    before, written = lake.published("things"), data_files(lake)
    # What a job that died left, and what one that runs has only just written.
    left, fresh = (next(iter(written)).with_name(name) for name in ("left.parquet", "fresh.parquet"))
    for path in (left, fresh):
        path.write_bytes(b"rows")
    # Old files of a table are its own all the same.
    for path in (left, *written):
        os.utime(path, (time.time() - MONTH, time.time() - MONTH))

    done = {table["name"]: table for table in lake.maintain().tables}

    assert set(done) == {"staging.things", "silver.things"}
    assert (done["silver.things"]["files_before"], done["silver.things"]["files_after"]) == (FILES, 1)
    assert done["silver.things"]["files_removed"] == 1
    assert (left.exists(), fresh.exists()) == (False, True)
    # Who reads an older version still may.
    assert written < data_files(lake)
    assert lake.published("things") == before
    lake.process("2026-01-02", [thing(1, "b")])
    assert [row["name"] for row in lake.published("things")] == ["b", *["a"] * 5]


def test_what_expired_goes_and_what_the_table_is_stays(make_lake: Callable[..., Lake]) -> None:
    lake = live(make_lake)
    before, written = lake.published("things"), data_files(lake)
    upkeep = DeltaUpkeep(lake.spark, lake.store)
    upkeep.compact(SILVER)

    freed = upkeep.expire(SILVER, datetime.now(UTC))

    assert freed == len(written)
    assert len(data_files(lake)) == 1
    assert lake.published("things") == before
    # A week is what Delta itself asks for, of all but maintenance.
    assert lake.spark.conf.get("spark.databricks.delta.retentionDurationCheck.enabled", "true") == "true"
