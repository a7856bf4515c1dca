"""Bronze to staging, on real Spark: what is taken, what is refused, and that nothing goes uncounted."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from conftest import run_job

from wavehouse import layout
from wavehouse.errors import UserError
from wavehouse.jobs.command import Counted
from wavehouse.testing import Lake

DAY = "2026-01-31"
MakeLake = Callable[..., Lake]

#: Column type, what the source sends, what is stored; `REFUSED` where it is no such value.
REFUSED = object()
VALUES: list[tuple[str, Any, Any]] = [
    ("string", "  Bräu 🍺\u00a0\t", "Bräu 🍺"),
    ("string", "مصنع الجعة", "مصنع الجعة"),
    ("string", "👩\u200d🌾", "👩\u200d🌾"),
    ("string", " \u3000\n ", None),
    ("string", "", None),
    ("string", None, None),
    ("string", 12.50, "12.5"),
    ("string", 12345678901234567890, "12345678901234567890"),
    ("string", True, "true"),
    ("string", {"a": [1, None]}, '{"a":[1,null]}'),
    ("string", "x" * 1_000_000, "x" * 1_000_000),
    ("double", 11.327765, 11.327765),
    ("double", "11.327765", 11.327765),
    ("double", " -7e-3 ", -0.007),
    ("double", "1.", 1.0),
    ("double", 3, 3.0),
    ("double", "NaN", REFUSED),
    ("double", "Infinity", REFUSED),
    ("double", "-inf", REFUSED),
    ("double", "1e999", REFUSED),
    ("double", "1d", REFUSED),
    ("double", "0x1p3", REFUSED),
    ("double", "1,5", REFUSED),
    ("double", "9" * 100 + "x" * 1_000_000, REFUSED),
    ("double", "", None),
    ("double", True, REFUSED),
    ("int", 7, 7),
    ("int", "7", 7),
    ("int", "7.9", REFUSED),
    ("int", 3_000_000_000, REFUSED),
    ("bigint", 3_000_000_000, 3_000_000_000),
    ("decimal(6, 2)", "12.30", "12.30"),
    ("decimal(6, 2)", "123456", REFUSED),
    ("boolean", "true", True),
    ("boolean", False, False),
    ("boolean", "maybe", REFUSED),
    ("date", "2024-02-29", "2024-02-29"),
    ("date", "2023-02-29", REFUSED),
    ("date", "2024", REFUSED),
    ("timestamp", "2024-03-31T02:30:00+02:00", "2024-03-31 00:30:00+00:00"),
    ("timestamp", "02:30:00", REFUSED),
]


@pytest.fixture(scope="module")
def typed_columns() -> str:
    return "\n        ".join(f"c{number}: {type_name}" for number, (type_name, _, _) in enumerate(VALUES))


def test_every_value_is_typed_or_refused_with_its_reason(make_lake: MakeLake, typed_columns: str) -> None:
    lake = make_lake(("size: double", typed_columns))
    lake.ingest(DAY, [{"id": "1", **{f"c{number}": value for number, (_, value, _) in enumerate(VALUES)}}])
    lake.silver(DAY)
    row = lake.staged("things")[0]
    faults = {found["rule"]: found["reason"] for found in row["_faults"]}
    for number, (type_name, sent, wanted) in enumerate(VALUES):
        name = f"c{number}"
        found = row[name]
        if wanted is REFUSED:
            text = sent if isinstance(sent, str) else json.dumps(sent)
            text = text if len(text) <= 100 else f"{text[:100]}…"
            assert (found, faults.get(f"type:{name}")) == (None, f"{name}: '{text}' is not a {type_name}")
        else:
            found = str(found) if type_name.startswith(("date", "timestamp", "decimal")) else found
            assert (found, faults.get(f"type:{name}")) == (wanted, None), f"{type_name} of {sent!r:.50}"


def test_the_last_of_a_key_stays_and_the_rest_are_counted(make_lake: MakeLake) -> None:
    lake = make_lake()
    first = [{"id": " a", "name": "first"}, {"id": "b"}, {"id": None, "name": "x"}, {"name": "x"}]
    lake.ingest(DAY, first, [{"id": "a", "name": "second"}, {"id": "a ", "name": "third"}], [])
    counted = lake.silver(DAY).tables[0]
    assert (counted["rows_in"], counted["rows_out"], counted["duplicates"]) == (6, 4, 2)
    assert [
        (row["id"], row["name"], row["_source_file"], row["_source_index"]) for row in lake.staged("things")
    ] == [
        ("b", None, "attempt=1/page-00001.json", 1),
        (None, "x", "attempt=1/page-00001.json", 2),
        (None, "x", "attempt=1/page-00001.json", 3),
        ("a", "third", "attempt=1/page-00002.json", 1),
    ]


def test_only_its_own_partition_is_replaced(make_lake: MakeLake) -> None:
    lake = make_lake()
    lake.ingest("2026-01-30", [{"id": "old"}])
    lake.silver("2026-01-30")
    lake.ingest(DAY, [{"id": "a"}, {"id": "b"}])
    lake.silver(DAY)
    lake.ingest(DAY, [{"id": "b"}])
    lake.silver(DAY)
    assert [(str(row["ingest_date"]), row["id"]) for row in lake.staged("things")] == [
        ("2026-01-30", "old"),
        (DAY, "b"),
    ]
    lake.ingest(DAY)
    assert lake.silver(DAY).tables[0]["rows_in"] == 0
    assert [row["id"] for row in lake.staged("things")] == ["old"]


def test_pages_that_no_manifest_lists_are_not_read(make_lake: MakeLake) -> None:
    lake = make_lake()
    lake.ingest(DAY, [{"id": "a"}], [{"id": "leftover"}])
    lake.ingest(DAY, [{"id": "a"}])
    assert lake.silver(DAY).tables[0]["rows_in"] == 1
    assert [row["id"] for row in lake.staged("things")] == ["a"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'[{"id": "a"}, {"id": "b"}]', "26 bytes, but 14 were ingested"),
        (b'[{"id": "z"}]\n', "SHA-256 "),
        (None, "listed in the manifest but not there"),
    ],
)
def test_a_page_that_changed_stops_the_run(make_lake: MakeLake, content: bytes | None, message: str) -> None:
    lake = make_lake()
    manifest = lake.ingest(DAY, b'[{"id": "a"}]\n')
    key = f"{layout.bronze_partition('shop', 'things', DAY)}/{manifest.pages[0].path}"
    lake.store.delete(key)
    if content is not None:
        lake.store.write_atomic(key, content)
    with pytest.raises(UserError, match=rf"ingest_date=2026-01-31/attempt=1/page-00001\.json: {message}"):
        lake.silver(DAY)
    assert lake.staged("things") == []


@pytest.mark.parametrize(
    ("page", "message"),
    [
        (b"<html>", "page-00001.json: not JSON: Expecting value: line 1 column 1"),
        (b'[{"id": NaN}]', "page-00001.json: not JSON: NaN is not a JSON value"),
        (b'{"id": "a"}', "page-00001.json: expected a JSON list of records, found an object"),
        (b'[{"id": "a"}]', "page-00001.json: 1 records, but 0 were ingested"),
        ([{"id": "a"}, None], "page-00001.json[1]: expected a JSON object, found null"),
        ([{"id": "a"}, ["b"]], "page-00001.json[1]: expected a JSON object, found a list"),
    ],
)
def test_a_page_that_holds_no_records_stops_the_run(make_lake: MakeLake, page: Any, message: str) -> None:
    lake = make_lake()
    lake.ingest(DAY, page)
    with pytest.raises(UserError, match=re.escape(message)):
        lake.silver(DAY)


def test_a_new_column_arrives_where_the_contract_is_evolve(make_lake: MakeLake) -> None:
    lake = make_lake()
    lake.process("2026-01-30", [{"id": "a", "old": "not kept"}])
    counted = lake.process(DAY, [{"id": "b", "colour": 7}])
    assert counted.tables[0]["rows_out"] == 1
    assert [(row["id"], row["colour"]) for row in lake.published("things")] == [("a", None), ("b", "7")]
    assert "old" not in lake.published("things")[0]
    # It is gone again: a row that comes without it has none.
    lake.process("2026-02-01", [{"id": "b"}])
    assert [(row["id"], row["colour"]) for row in lake.published("things")] == [("a", None), ("b", None)]


@pytest.mark.parametrize("name", ["Name", "a b", "_rule"])
def test_a_new_column_that_cannot_be_one_stops_the_run(make_lake: MakeLake, name: str) -> None:
    lake = make_lake()
    lake.ingest(DAY, [{"id": "a"}, {"id": "b", name: "x"}])
    with pytest.raises(UserError, match=re.escape(f"new column {name!r} (attempt=1/page-00001.json[1])")):
        lake.silver(DAY)


def test_a_new_column_stops_the_run_where_the_contract_is_freeze(make_lake: MakeLake) -> None:
    lake = make_lake(("newColumns: evolve", "newColumns: freeze"))
    lake.ingest(DAY, [{"id": "a", "old": "x"}, {"id": "b", "colour": "red", "form": "round"}])
    with pytest.raises(
        UserError, match=re.escape("new column colour (attempt=1/page-00001.json[1] and 1 more)")
    ):
        lake.silver(DAY)


def test_rows_with_a_new_column_wait_where_the_contract_is_quarantine(make_lake: MakeLake) -> None:
    lake = make_lake(("newColumns: evolve", "newColumns: quarantine"))
    counted = lake.process(DAY, [{"id": "a"}, {"id": "b", "colour": "red"}])
    assert counted.tables[0]["rows_quarantined"] == 1
    assert [row["id"] for row in lake.published("things")] == ["a"]
    waiting = lake.quarantined("things")[0]
    assert (waiting["id"], waiting["_rule"]) == ("b", "contract:newColumns")
    assert waiting["_reason"] == "columns that are not declared: colour"


@pytest.mark.parametrize("contract", ["freeze", "quarantine"])
def test_a_column_that_is_gone_is_not_read_as_null_in_silence(make_lake: MakeLake, contract: str) -> None:
    lake = make_lake(("missingColumns: evolve", f"missingColumns: {contract}"))
    lake.ingest(DAY, [{"id": "a", "name": None, "country": "x"}])
    if contract == "freeze":
        with pytest.raises(UserError, match=r"pipeline.yaml:19: .* has the column size"):
            lake.silver(DAY)
        return
    lake.silver(DAY)
    lake.quality(DAY)
    assert [row["_reason"] for row in lake.quarantined("things")] == ["columns that are gone: size"]
    assert lake.published("things") == []


def test_a_type_that_changed_is_told(make_lake: MakeLake) -> None:
    make_lake().process(DAY, [{"id": "a", "size": 1}])
    lake = make_lake(("size: double", "size: int"))
    with pytest.raises(UserError, match="column size is double in the table and int in the run"):
        lake.silver(DAY)


def test_a_column_reads_its_own_field_as_declared(make_lake: MakeLake) -> None:
    column = "name: { type: string, from: Full Name, case: upper, trim: false }"
    lake = make_lake(("name: string\n", f"{column}\n"))
    lake.ingest(DAY, [{"id": "a", "Full Name": " straße "}])
    assert lake.silver(DAY).tables[0].get("new_columns") == []
    assert lake.staged("things")[0]["name"] == " STRASSE "


def test_the_process_ends_with_one_message_and_its_metrics(make_lake: MakeLake) -> None:
    lake = make_lake()
    lake.ingest(DAY, b"[]x")
    done = run_job("silver", lake, DAY)
    assert done.returncode == 1
    told = done.stderr.splitlines()[-1]
    assert told.startswith("silver: file://")
    assert told.endswith("page-00001.json: not JSON: Extra data: line 1 column 3 (char 2)")
    assert "Exception" not in done.stderr
    assert "\tat " not in done.stderr
    metrics = json.loads(lake.store.read(layout.step_metrics("shop", DAY, "r", "silver")))
    assert (metrics["status"], metrics["rows_in"]) == ("failed", 0)
    assert f"silver: {metrics['error']}" == told


def test_no_row_is_lost_or_made(make_lake: MakeLake) -> None:
    lake = make_lake()
    pages = [[{"id": f"{page * 50 + number % 40}", "name": "n"} for number in range(50)] for page in range(7)]
    lake.ingest(DAY, *pages)
    counted: Counted = lake.silver(DAY)
    distinct = {record["id"] for page in pages for record in page}
    assert counted.tables[0]["rows_in"] == 350
    assert counted.tables[0]["rows_out"] == len(distinct) == len(lake.staged("things"))


def test_a_first_write_that_died_is_no_table(make_lake: MakeLake) -> None:
    lake = make_lake()
    lake.ingest(DAY, [{"id": "1", "name": "a", "country": "ES", "size": 1}])
    log = f"{layout.staging_table('shop', 'things')}/_delta_log"
    # What is there when a driver is killed before its first commit: the log's folder.
    lake.store.write_atomic(f"{log}/.tmp", b"")
    lake.store.delete(f"{log}/.tmp")
    assert lake.store.exists(log)
    lake.silver(DAY)
    assert [row["id"] for row in lake.staged("things")] == ["1"]
