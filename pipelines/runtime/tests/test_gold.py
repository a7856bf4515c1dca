"""Marts from the published tables, against counts made another way."""

from __future__ import annotations

import csv
import json
import os
import random
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from conftest import lake_in, run_job
from pyspark.sql import SparkSession

from wavehouse.errors import UserError
from wavehouse.testing import Lake, Record

DAY, AFTER = "2026-01-31", "2026-02-01"
MakeLake = Callable[..., Lake]
REAL_CSV = os.environ.get("WAVEHOUSE_REAL_CSV")
BREWERIES = Path(__file__).parents[2] / "breweries" / "pipeline.yaml"
SAMPLE = BREWERIES.parent / "sample" / "breweries.json"


def test_a_mart_equals_a_count_made_another_way(make_lake: MakeLake) -> None:
    lake = make_lake()
    chance = random.Random(1)  # noqa: S311
    countries = ["Ireland", " Ireland", "España", "日本", "", None]
    records = [{"id": f"{number}", "country": chance.choice(countries)} for number in range(500)]
    lake.process(DAY, records[:300], records[300:])
    lake.process(AFTER, [{"id": "0", "country": "Malta"}])
    counted = lake.gold(AFTER).tables[0]
    wanted = Counter((str(record["country"] or "").strip() or None) for record in records[1:])
    wanted["Malta"] = 1
    found = {row["country"]: row["things"] for row in lake.mart("by_country")}
    assert found == dict(wanted)
    assert (counted["rows_in"], counted["rows_out"]) == (500, len(wanted))


def test_a_mart_is_replaced_whole_and_may_read_the_marts_above_it(make_lake: MakeLake) -> None:
    second = (
        ("  marts:\n", "  marts:\n    - { name: first, sql: by_country.sql }\n"),
        ("by_country, sql: by_country.sql", "second, sql: second.sql"),
    )
    lake = make_lake(*second)
    (lake.pipeline_file.parent / "second.sql").write_text("SELECT sum(things) AS total FROM gold.first")
    lake.process(DAY, [{"id": "a", "country": "x"}, {"id": "b", "country": "y"}])
    lake.gold(DAY)
    assert (len(lake.mart("first")), lake.mart("second")) == (2, [{"total": 2}])
    make_lake(*second, sql="SELECT 'all' AS place, count(*) + 1 AS things FROM silver.things; \n").gold(DAY)
    assert lake.mart("first") == [{"place": "all", "things": 3}]
    assert lake.mart("second") == [{"total": 3}]


@pytest.fixture(scope="module")
def loaded(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose lake has one published row."""
    folder = tmp_path_factory.mktemp("loaded")
    lake_in(spark, folder).process(DAY, [{"id": "a"}])
    return folder


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("SELECT\n  nam FROM silver.things", "by_country.sql:2:3: mart by_country: [UNRESOLVED_COLUMN"),
        ("SELECT * FROM silver.thing", "by_country.sql:1:15: mart by_country: [TABLE_OR_VIEW_NOT_FOUND]"),
        ("SELECT 1\nFROM WHERE", "by_country.sql:2:"),
        ("DROP TABLE silver.things", "mart by_country: [PARSE_SYNTAX_ERROR]"),
    ],
)
def test_a_query_that_cannot_run_is_told_with_its_file(
    spark: SparkSession, loaded: Path, sql: str, message: str
) -> None:
    lake = lake_in(spark, loaded, sql=sql)
    with pytest.raises(UserError) as told:
        lake.gold(DAY)
    assert message in str(told.value)
    assert "\n" not in str(told.value)
    assert len(lake.published("things")) == 1


def test_a_query_that_fails_half_way_leaves_the_mart_as_it_was(spark: SparkSession, loaded: Path) -> None:
    lake = lake_in(spark, loaded)
    lake.gold(DAY)
    before = lake.mart("by_country")
    lake = lake_in(
        spark, loaded, sql="SELECT country,\n  1 / (count(*) - 1) AS n FROM silver.things GROUP BY country"
    )
    done = run_job("gold", lake, DAY)
    assert done.returncode == 1
    told = done.stderr.splitlines()[-1]
    assert told.startswith(f"gold: {loaded}/pipeline/by_country.sql:2:3: mart by_country: [DIVIDE_BY_ZERO] ")
    assert "\tat " not in done.stderr
    assert (lake.mart("by_country"), len(before)) == (before, 1)


def test_gold_before_quality_says_what_is_missing(make_lake: MakeLake) -> None:
    with pytest.raises(UserError, match=r"\(not published yet: things; run the quality step first\)"):
        make_lake().gold(DAY)


def test_a_sql_file_that_is_not_there_is_told(make_lake: MakeLake) -> None:
    lake = make_lake()
    (lake.pipeline_file.parent / "by_country.sql").unlink()
    with pytest.raises(
        UserError, match=r"pipeline\.yaml:23: mart by_country: .*by_country\.sql cannot be read"
    ):
        lake.gold(DAY)


def test_breweries_reach_gold_to_the_row(spark: SparkSession, tmp_path: Path) -> None:
    """The repository's sample; real records instead where WAVEHOUSE_REAL_CSV names a file of them."""
    records = real_records(Path(REAL_CSV)) if REAL_CSV else json.loads(SAMPLE.read_text(encoding="utf-8"))
    lake = Lake.make(spark, tmp_path, BREWERIES)
    counted = lake.process(DAY, *[records[start : start + 200] for start in range(0, len(records), 200)])
    lake.gold(DAY)
    # Of a key that comes twice, the last stays.
    records = list({record["id"]: record for record in records}.values())
    assert counted.tables[0]["rows_in"] == len(records)
    assert len(lake.published("breweries")) + len(lake.quarantined("breweries")) == len(records)
    refused = [record for record in records if is_refused(record)]
    assert len(lake.quarantined("breweries")) == len(refused)
    kept = [record for record in records if not is_refused(record)]
    assert lake.mart("breweries_by_type_and_location") == sorted(counts(kept), key=place)


def real_records(file: Path) -> list[Record]:
    with file.open(newline="", encoding="utf-8") as handle:
        return [as_api(number, row) for number, row in enumerate(csv.DictReader(handle))]


def is_refused(record: Record) -> bool:
    """Whether the declared rules refuse a record, decided in plain Python."""
    outside = any(
        record[name] is not None and abs(float(record[name])) > bound
        for name, bound in (("latitude", 90), ("longitude", 180))
    )
    return outside or not (record["name"] or "").strip() or not (record["country"] or "").strip()


def counts(records: list[Record]) -> Iterator[Record]:
    names = ("country", "state_province", "brewery_type")
    groups: dict[tuple[str | None, ...], list[Record]] = {}
    for record in records:
        groups.setdefault(tuple((record[name] or "").strip() or None for name in names), []).append(record)
    for group, members in groups.items():
        yield {
            **dict(zip(names, group, strict=True)),
            "breweries": len(members),
            "breweries_with_coordinates": sum(record["latitude"] is not None for record in members),
            "breweries_with_website": sum(bool((record["website_url"] or "").strip()) for record in members),
        }


def place(row: Record) -> tuple[tuple[bool, str], ...]:
    """Spark's order: nothing first, then by code point."""
    return tuple(
        (row[name] is not None, row[name] or "") for name in ("country", "state_province", "brewery_type")
    )


def as_api(number: int, row: dict[str, str]) -> Record:
    """A CSV row as the API answers it: null for nothing, coordinates as numbers or, as it once did, as text."""
    record: Record = {name: value or None for name, value in row.items()}
    if number % 2:
        for name in ("longitude", "latitude"):
            record[name] = float(row[name]) if row[name] else None
    return {**record, "state": record["state_province"], "street": record["address_1"]}
