"""Checks what the demo wrote against counts made another way: the csv module over the input itself.

Nothing of the pipelines' runtime is imported, and the tables are read by delta-rs, not by Spark.

Usage: check_counts.py CSV_FILE STORE_FOLDER
Prints one line a check and, last, `N passed, N failed`; exits 1 when a check fails.
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from deltalake import DeltaTable, QueryBuilder

Place = tuple[str | None, str | None, str | None]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("csv_file", type=Path)
    parser.add_argument("store", type=Path)
    options = parser.parse_args()

    with options.csv_file.open(newline="", encoding="utf-8") as handle:
        records = [{name: clean(value) for name, value in row.items()} for row in csv.DictReader(handle)]
    silver = rows(options.store / "silver" / "breweries" / "breweries")
    quarantine = rows(options.store / "quarantine" / "breweries" / "breweries")
    gold = rows(options.store / "gold" / "breweries" / "breweries_by_type_and_location")

    distinct = {record["id"] for record in records}
    refused = {row["id"] for row in quarantine}
    kept = {row["id"] for row in silver}
    expected = Counter[Place](
        (record["country"], record["state_province"], record["brewery_type"])
        for record in records
        if record["id"] not in refused
    )
    counted = {(row["country"], row["state_province"], row["brewery_type"]): row["breweries"] for row in gold}
    located = Counter[Place](
        (record["country"], record["state_province"], record["brewery_type"])
        for record in records
        if record["id"] not in refused and record["latitude"] is not None
    )
    checks = [
        ("silver plus quarantine is the input, to the row", len(silver) + len(quarantine), len(records)),
        ("silver and quarantine hold each id once", len(kept) + len(refused), len(distinct)),
        ("no id is in both", len(kept & refused), 0),
        ("rows out of range or without a name or country are refused", refused, wrong(records)),
        ("gold has one row for each place and type", len(gold), len(expected)),
        ("gold counts every brewery of silver", sum(counted.values()), len(silver)),
        ("gold counts equal the csv module's", counted, dict(expected)),
        (
            "gold's coordinates equal the csv module's",
            {key: row["breweries_with_coordinates"] for key, row in keyed(gold).items()},
            {key: located.get(key, 0) for key in expected},
        ),
    ]
    failed = 0
    for name, found, wanted in checks:
        good = found == wanted
        failed += not good
        shown = f": {found}" if isinstance(found, int) else ""
        print(
            f"{'ok' if good else 'FAILED'}  {name}{shown}" + ("" if good else f" (expected {brief(wanted)})")
        )
    print(f"{len(checks) - failed} passed, {failed} failed")
    return 1 if failed else 0


def clean(value: str | None) -> str | None:
    """What silver makes of a text: trimmed, and empty is no value."""
    stripped = (value or "").strip()
    return stripped or None


def wrong(records: list[dict[str, str | None]]) -> set[str | None]:
    """The ids that the declared rules refuse, decided here again in plain Python."""

    def outside(text: str | None, bound: float) -> bool:
        return text is not None and not -bound <= float(text) <= bound

    return {
        record["id"]
        for record in records
        if record["name"] is None
        or record["country"] is None
        or outside(record["latitude"], 90)
        or outside(record["longitude"], 180)
    }


def keyed(gold: list[dict[str, Any]]) -> dict[Place, dict[str, Any]]:
    return {(row["country"], row["state_province"], row["brewery_type"]): row for row in gold}


def rows(table: Path) -> list[dict[str, Any]]:
    """All rows of a Delta table; none where there is no table."""
    if not (table / "_delta_log").is_dir():
        return []
    found = QueryBuilder().register("delta", DeltaTable(str(table))).execute("SELECT * FROM delta").read_all()
    columns = {name: found[name] for name in found.column_names}
    return [{name: column[at].as_py() for name, column in columns.items()} for at in range(found.num_rows)]


def brief(value: object) -> str:
    text = str(value)
    return text if len(text) < 200 else f"{text[:200]}…"


if __name__ == "__main__":
    sys.exit(main())
