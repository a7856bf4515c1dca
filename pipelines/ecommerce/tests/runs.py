"""Runs of the pipeline on a lake of the test's own."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wavehouse.testing import Lake

PIPELINE = Path(__file__).parents[1] / "pipeline.yaml"

#: Day of the first full load: the day before the first one that is played.
FIRST = date(2024, 3, 10)


def run_all(lake: Lake, partition: date, *, reload: bool = False) -> None:
    """All steps of one run."""
    day = partition.isoformat()
    lake.raw(day, reload=reload)
    lake.silver(day)
    lake.quality(day)
    lake.gold(day)
