"""What is read from a pipeline.yaml, and what is said of one that cannot be run."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest
from conftest import PIPELINE

from wavehouse.errors import UserError
from wavehouse.jobs.supported import require_supported
from wavehouse.spec import load_pipeline
from wavehouse.spec_load import Split
from wavehouse.spec_partition import PartitionField

SHOP = Path(__file__).parents[3] / "actions/lib/testing/pipelines/ecommerce/pipeline.yaml"
BREWERIES = Path(__file__).parents[2] / "breweries" / "pipeline.yaml"


def write(folder: Path, text: str) -> Path:
    file = folder / "pipeline.yaml"
    file.write_text(text)
    return file


def test_breweries_is_read_whole() -> None:
    pipeline = load_pipeline(BREWERIES)
    table = pipeline.tables[0]
    assert (pipeline.name, pipeline.schedule, pipeline.storage.bucket) == ("breweries", "@daily", "lakehouse")
    assert pipeline.sources["openbrewerydb"].settings["pages"]["size"] == {
        "parameter": "per_page",
        "value": 200,
    }
    assert (table.keys, table.partition_by, table.write) == (("id",), ("country",), "merge")
    assert {column.name for column in table.columns} - {column.name for column in table.kept} == {
        "state",
        "street",
    }
    assert table.quality[0].severity == "fail"
    assert pipeline.marts[0].sql == "gold/breweries_by_type_and_location.sql"
    require_supported(pipeline)


def test_the_shape_of_a_shop_is_read_whole() -> None:
    pipeline = load_pipeline(SHOP)
    tables = {table.name: table for table in pipeline.tables}
    customers, orders = tables["customers"], tables["orders"]
    assert (customers.load.deletes, customers.load.deleted_column) == ("soft", "deleted_at")
    assert (customers.history, customers.hook and customers.hook.function) == (
        ("country", "segment"),
        "standardise_phones",
    )
    assert "full_name" not in {column.name for column in customers.kept}
    assert (orders.load.cursor, orders.load.lag) == ("updated_at", timedelta(minutes=15))
    assert orders.load.split == Split("order_id", 8)
    assert orders.partitions == (PartitionField("created_at", "day"),)
    assert [column.name for column in orders.derived] == ["order_day", "is_cancelled"]
    assert tables["refunds"].load.deletes == "ignore"
    require_supported(pipeline)


def test_lines_are_those_of_the_file() -> None:
    lines = BREWERIES.read_text().splitlines()
    table = load_pipeline(BREWERIES).tables[0]
    for rule in table.quality:
        assert rule.condition in lines[rule.line - 1]
    for column in table.columns:
        assert lines[column.line - 1].strip().startswith(f"{column.name}:")


def test_yaml_is_read_as_version_1_2(tmp_path: Path) -> None:
    pipeline = load_pipeline(
        write(tmp_path, PIPELINE.replace("country: string", "no: string\n        country: string"))
    )
    assert [column.name for column in pipeline.tables[0].columns][2] == "no"


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (("kind: Pipeline", "kind: Pipe"), "pipeline.yaml:2: kind: expected Pipeline, found 'Pipe'"),
        (("wavehouse.dev/v1", "wavehouse.dev/v2"), "pipeline.yaml:1: apiVersion: expected wavehouse.dev/v1"),
        (
            ("source: api", "source: apo"),
            "pipeline.yaml:10: spec.tables[0].source: no such source: apo (there are: api)",
        ),
        (("write: merge", "write: upsert"), "pipeline.yaml:11: spec.tables[0].write: expected append | "),
        (
            ("keys: [id]", "keys: [uid]"),
            "pipeline.yaml:12: spec.tables[0].keys[0]: no such column: uid (there are: ",
        ),
        (("keys: [id]", "keys: id"), "pipeline.yaml:12: spec.tables[0].keys: expected a list"),
        (("      keys: [id]\n", ""), "spec.tables[0]: `write: merge` needs `keys`"),
        (("size: double", "ingest_date: date"), "`ingest_date` is a column of the runtime's own"),
        (
            ("size: double", "size: 3"),
            "pipeline.yaml:19: spec.tables[0].columns.size: expected a mapping, found 3",
        ),
        (
            ("[]", "[{ rule: size > 0 }]"),
            "pipeline.yaml:21: spec.tables[0].quality[0]: `severity` is missing",
        ),
        (
            ("[]", "[{ rule: size > 0, severity: bad }]"),
            "severity: expected warn | quarantine | fail, found 'bad'",
        ),
        (("quality: []", "quality: [}"), "pipeline.yaml:21:17: not YAML: "),
        (("  marts:", "\tmarts:"), "pipeline.yaml:22:1: not YAML: "),
        ((PIPELINE, ""), "pipeline.yaml: is empty"),
        ((PIPELINE, "- 1\n"), "pipeline.yaml:1: the file: expected a mapping, found [1]"),
    ],
)
def test_a_mistake_is_told_with_its_place(tmp_path: Path, edit: tuple[str, str], message: str) -> None:
    file = write(tmp_path, PIPELINE.replace(*edit))
    with pytest.raises(UserError, match=re.escape(message)):
        load_pipeline(file)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"none\.yaml: cannot be read"):
        load_pipeline(tmp_path / "none.yaml")


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (
            ("write: merge", "write: scd2"),
            ":9: table things: write: scd2 of what does not come from a database",
        ),
        (("format: delta", "format: parquet"), ":6: spec.storage.format: parquet (delta or iceberg)"),
        (
            ('{ type: http, url: "http://localhost/things" }', "{ type: postgres, connection: db }"),
            ":7: source api: a database, with tables that are not iceberg's",
        ),
        (
            ("size: double", "size: { type: double, pii: { method: hash, key: k } }"),
            "column size: pii: hash of a double (strings only)",
        ),
        (
            ("name: string\n", "name: { type: string, pii: { method: generalise, to: year } }\n"),
            ":17: table things: column name: pii: a string to its year",
        ),
        (
            ("size: double", 'size: { type: double, expression: "1", pii: { method: drop } }'),
            "column size: pii of an expression",
        ),
        (("size: double", "size: array<string>"), "column size: type array<string>"),
        (("size: double", "size: { type: double, from: a.b }"), "column size: from a nested field"),
        (("[country]", "[{ column: country, transform: bucket, width: 4 }]"), "partitionBy with a transform"),
        (
            ("sql: by_country.sql", "model: by_country"),
            "mart by_country: made by something else than a SQL file",
        ),
    ],
)
def test_what_cannot_run_is_refused_and_not_left_out(
    tmp_path: Path, edit: tuple[str, str], message: str
) -> None:
    pipeline = load_pipeline(write(tmp_path, PIPELINE.replace(*edit)))
    with pytest.raises(UserError, match=re.escape(message)):
        require_supported(pipeline)
