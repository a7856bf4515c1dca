"""Checks what the demo wrote against counts made another way: the csv module over the input itself.

Nothing of the pipelines' runtime is imported, and the tables are read by delta-rs, not by Spark.

Usage: check_counts.py CSV_FILE STORE
STORE is the bucket: a folder, or an s3:// address whose endpoint and keys the AWS_… variables give.
Prints one line a check and, last, `N passed, N failed`; exits 1 when a check fails.
"""

from __future__ import annotations

import argparse
import csv
import os
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from deltalake import DeltaTable, QueryBuilder

Place = tuple[str | None, str | None, str | None]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("csv_file", type=Path)
    parser.add_argument("store")
    options = parser.parse_args()

    with options.csv_file.open(newline="", encoding="utf-8") as handle:
        records = [{name: clean(value) for name, value in row.items()} for row in csv.DictReader(handle)]
    store = options.store.rstrip("/")
    silver = rows(f"{store}/silver/breweries/breweries")
    quarantine = rows(f"{store}/quarantine/breweries/breweries")
    gold = rows(f"{store}/gold/breweries/breweries_by_type_and_location")

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


def rows(table: str) -> list[dict[str, Any]]:
    """All rows of a Delta table; none where there is no table."""
    options = s3_options() if table.startswith("s3://") else {}
    if not DeltaTable.is_deltatable(table, options):
        return []
    opened = DeltaTable(table, storage_options=options)
    found = QueryBuilder().register("delta", opened).execute("SELECT * FROM delta").read_all()
    columns = {name: found[name] for name in found.column_names}
    return [{name: column[at].as_py() for name, column in columns.items()} for at in range(found.num_rows)]


def s3_options() -> dict[str, str]:
    """delta-rs reads the AWS_… variables too, but plain HTTP it takes only when told."""
    names = ("AWS_ENDPOINT_URL", "AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
    return {"AWS_ALLOW_HTTP": "true", **{name: os.environ[name] for name in names}}


def brief(value: object) -> str:
    text = str(value)
    return text if len(text) < 200 else f"{text[:200]}…"


if __name__ == "__main__":
    sys.exit(main())
