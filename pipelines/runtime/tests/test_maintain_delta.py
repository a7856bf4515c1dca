"""Delta's tables are tidied: files are put together, what expired goes, and rows stay as they are."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

from wavehouse.testing import Lake


def test_files_are_put_together_and_what_expired_goes(make_lake: Callable[..., Lake]) -> None:
    lake = make_lake(("partitionBy: [country]", "partitionBy: []"))
    for number in range(1, 4):
        lake.process(f"2026-01-0{number}", [{"id": str(number), "name": "a", "country": "es", "size": 1.5}])
    before = lake.published("things")
    folder = Path(lake.store.root.removeprefix("file://")) / "silver" / "shop" / "things"
    for path in folder.glob("*.parquet"):
        month_ago = time.time() - 30 * 86400
        os.utime(path, (month_ago, month_ago))
    left = set(folder.glob("*.parquet"))

    done = {table["name"]: table for table in lake.maintain().tables}

    assert set(done) == {"staging.things", "silver.things"}
    assert done["silver.things"]["files_before"] > done["silver.things"]["files_after"] == 1
    assert len(set(folder.glob("*.parquet")) - left) == 1
    assert lake.published("things") == before
