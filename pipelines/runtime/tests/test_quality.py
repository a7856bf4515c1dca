"""Rules, quarantine and publishing, on real Spark and Delta."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import lake_in
from pyspark.sql import SparkSession

from wavehouse.errors import UserError
from wavehouse.jobs.command import RuleBrokenError
from wavehouse.jobs.delta_table import DeltaTables
from wavehouse.testing import Lake, Record

DAY, BEFORE, AFTER = "2026-01-31", "2026-01-30", "2026-02-01"
MakeLake = Callable[..., Lake]


def rules(*declared: str) -> tuple[str, str]:
    return ("quality: []", "quality:" + "".join(f"\n        - {{ {rule} }}" for rule in declared))


def published(lake: Lake) -> list[tuple[str, str, str]]:
    return [(row["id"], row["name"], str(row["ingest_date"])) for row in lake.published("things")]


def test_each_severity_does_its_own(make_lake: MakeLake) -> None:
    lake = make_lake(
        rules(
            "rule: id is not null, severity: fail",
            "rule: size between 0 and 10, severity: quarantine, name: size_in_range",
            "rule: name is not null, severity: quarantine",
            "rule: name <> upper(name), severity: warn",
        )
    )
    lake.ingest(
        DAY,
        [
            {"id": "good", "name": "x", "size": 5, "country": "x"},
            {"id": "null passes", "name": "x", "size": None},
            {"id": "warned", "name": "X", "size": "10"},
            {"id": "big", "name": "X", "size": 11},
            {"id": "bad", "size": 12},
            {"id": "text", "name": "x", "size": "wide"},
            {"id": "good", "name": "x", "size": 5, "country": "y"},
        ],
    )
    staged = lake.silver(DAY).tables[0]["rows_out"]
    counted = lake.quality(DAY)
    assert {rule["rule"]: (rule["severity"], rule["violations"]) for rule in counted.rules} == {
        "type:size": ("quarantine", 1),
        "id is not null": ("fail", 0),
        "size_in_range": ("quarantine", 2),
        "name is not null": ("quarantine", 1),
        "name <> upper(name)": ("warn", 2),
        "key:id": ("quarantine", 0),
    }
    table = counted.tables[0]
    assert (table["rows_in"], table["rows_out"], table["rows_quarantined"]) == (staged, 3, 3) == (6, 3, 3)
    assert {row["id"] for row in lake.published("things")} == {"good", "null passes", "warned"}
    assert [
        (row["id"], row["_rule"], row["_reason"], row["_source_index"]) for row in lake.quarantined("things")
    ] == [
        ("big", "size_in_range", "size_in_range is false", 3),
        ("bad", "size_in_range", "size_in_range is false; name is not null is false", 4),
        ("text", "type:size", "size: 'wide' is not a double", 5),
    ]
    refused = lake.quarantined("things")[0]
    assert (refused["_run_id"], str(refused["ingest_date"]), refused["size"]) == (f"run-{DAY}", DAY, 11.0)
    assert set(lake.published("things")[0]) == {"id", "name", "country", "size", "ingest_date"}


def test_fail_stops_before_anything_is_published(make_lake: MakeLake) -> None:
    lake = make_lake(rules("rule: id is not null, severity: fail", "rule: size < 10, severity: quarantine"))
    lake.process(BEFORE, [{"id": "a", "name": "old"}])
    bad = [{"id": " ", "name": "n"}] * 4
    lake.ingest(DAY, [{"id": "a", "name": "new"}, {"id": "b", "size": 11}], bad)
    lake.silver(DAY)
    with pytest.raises(RuleBrokenError) as told:
        lake.quality(DAY)
    assert re.search(
        r"pipeline\.yaml:22: rule `id is not null` \(severity fail\) of table things is broken by 4 of 6 rows, and "
        r"nothing was published; first at attempt=1/page-00002\.json\[0\], attempt=1/page-00002\.json\[1\], "
        r"attempt=1/page-00002\.json\[2\], in file:///.*/bronze/shop/things/ingest_date=2026-01-31: ",
        str(told.value),
    )
    assert [rule["violations"] for rule in told.value.counted.rules] == [0, 4, 1, 4]
    assert told.value.counted.tables[0]["rows_out"] == 0
    assert published(lake) == [("a", "old", BEFORE)]
    assert lake.quarantined("things") == []


def test_a_row_without_a_key_is_quarantined_where_no_rule_says_otherwise(make_lake: MakeLake) -> None:
    lake = make_lake()
    lake.process(DAY, [{"id": "a"}, {"id": None, "name": "x"}, {"name": "y"}])
    assert [(row["name"], row["_reason"]) for row in lake.quarantined("things")] == [
        ("x", "id: no value, and it is a key"),
        ("y", "id: no value, and it is a key"),
    ]
    assert len(published(lake)) == 1


def test_running_a_day_again_changes_nothing(make_lake: MakeLake) -> None:
    lake = make_lake(rules("rule: size < 10, severity: quarantine"))
    pages: list[list[Record]] = [
        [{"id": "a", "name": "x"}, {"id": "b", "size": 11}],
        [{"id": "c", "country": "y"}],
    ]
    lake.process(DAY, *pages)
    before = (lake.published("things"), lake.quarantined("things"))
    assert [len(rows) for rows in before] == [2, 1]
    lake.process(DAY, *pages)
    assert (lake.published("things"), lake.quarantined("things")) == before


def test_a_stricter_rule_moves_rows_from_silver_to_quarantine(make_lake: MakeLake) -> None:
    page = [{"id": "a", "size": 1}, {"id": "b", "size": 9}]
    make_lake().process(DAY, page)
    lake = make_lake(rules("rule: size < 5, severity: quarantine"))
    lake.quality(DAY)
    assert ([row["id"] for row in lake.published("things")], len(lake.quarantined("things"))) == (["a"], 1)
    lake = make_lake()
    lake.quality(DAY)
    assert ([row["id"] for row in lake.published("things")], len(lake.quarantined("things"))) == (
        ["a", "b"],
        0,
    )


def test_a_column_that_is_kept_no_longer_does_not_go_stale(make_lake: MakeLake) -> None:
    page = [{"id": "a", "name": "x", "size": 1}]
    make_lake().process(DAY, page)
    make_lake(("size: double", "size: { type: double, deprecated: true }")).process(AFTER, page)
    assert [(row["name"], row["size"]) for row in make_lake().published("things")] == [("x", None)]


def test_the_newer_day_wins_whichever_comes_last(make_lake: MakeLake) -> None:
    lake = make_lake()
    lake.process(
        DAY, [{"id": "a", "name": "now", "country": "x"}, {"id": "b", "name": "now", "country": "x"}]
    )
    lake.process(AFTER, [{"id": "a", "name": "later", "country": "y"}, {"id": "c", "name": "later"}])
    assert published(lake) == [("a", "later", AFTER), ("b", "now", DAY), ("c", "later", AFTER)]
    # A backfill of an older day brings only what no newer day has.
    lake.process(BEFORE, [{"id": name, "name": "old", "country": "z"} for name in "abd"])
    assert published(lake) == [
        ("a", "later", AFTER),
        ("b", "now", DAY),
        ("c", "later", AFTER),
        ("d", "old", BEFORE),
    ]
    # The row moved to its new country's partition, whole.
    countries = {row["id"]: row["country"] for row in lake.published("things")}
    assert countries == {"a": "y", "b": "x", "c": None, "d": "z"}


@pytest.mark.parametrize(("write", "first"), [("append", BEFORE), ("overwrite-partition", DAY)])
def test_without_keys_a_day_is_replaced_by_itself(make_lake: MakeLake, write: str, first: str) -> None:
    lake = make_lake(("write: merge", f"write: {write}"), ("      keys: [id]\n", ""))
    lake.process(first, [{"id": "a", "name": "x"}, {"id": "a", "name": "x"}])
    lake.process(DAY, [{"id": "a", "name": "x"}])
    if first == DAY:
        assert published(lake) == [("a", "x", DAY)]
        return
    lake.quality(DAY)
    assert published(lake) == [("a", "x", BEFORE), ("a", "x", BEFORE), ("a", "x", DAY)]


def test_a_run_that_dies_between_quarantine_and_silver_is_made_good_by_the_next(
    make_lake: MakeLake, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake = make_lake(rules("rule: size < 10, severity: quarantine"))
    lake.process(BEFORE, [{"id": "a", "name": "old"}])
    lake.ingest(DAY, [{"id": "a", "name": "new"}, {"id": "b", "size": 11}])
    lake.silver(DAY)
    with monkeypatch.context() as broken:

        def die(*_: object, **__: object) -> None:
            raise KeyboardInterrupt

        broken.setattr(DeltaTables, "merge_by_key", die)
        with pytest.raises(KeyboardInterrupt):
            lake.quality(DAY)
    assert published(lake) == [("a", "old", BEFORE)]
    lake.silver(DAY)
    lake.quality(DAY)
    assert published(lake) == [("a", "new", DAY)]
    assert [row["id"] for row in lake.quarantined("things")] == ["b"]


@pytest.fixture(scope="module")
def staged(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose lake has one staged row."""
    folder = tmp_path_factory.mktemp("staged")
    lake = lake_in(spark, folder)
    lake.ingest(DAY, [{"id": "a", "size": 0, "name": "x"}])
    lake.silver(DAY)
    return folder


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ("size >", "[PARSE_SYNTAX_ERROR]"),
        ("siz > 0", "[UNRESOLVED_COLUMN.WITH_SUGGESTION]"),
        ("size + 1", "expected a condition, found a double"),
        ("count(*) > 1", "[INVALID_WHERE_CONDITION]"),
        ("rand() > 2", "another answer"),
        ("size < unix_timestamp(now())", "another answer"),
        ("1 / size > 0", "cannot be evaluated: [DIVIDE_BY_ZERO]"),
        ("cast(name as int) > 0", "cannot be evaluated: [CAST_INVALID_INPUT]"),
    ],
)
def test_a_rule_that_cannot_be_one_is_named_with_its_line(
    spark: SparkSession, staged: Path, rule: str, message: str
) -> None:
    declared = rules("rule: id is not null, severity: fail", f"rule: '{rule}', severity: warn")
    lake = lake_in(spark, staged, declared)
    with pytest.raises(UserError) as told:
        lake.quality(DAY)
    assert f"pipeline.yaml:23: rule `{rule}` of table things" in str(told.value)
    assert message in str(told.value)
    assert "\n" not in str(told.value)
    assert lake.published("things") == []


def test_quality_before_silver_is_told(make_lake: MakeLake) -> None:
    with pytest.raises(
        UserError, match=r"staging/shop/things: nothing is staged: run the silver step of 2026-01-31"
    ):
        make_lake().quality(DAY)
