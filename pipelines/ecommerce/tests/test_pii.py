"""No person of the shop's can be read from anything but raw."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from wavehouse.jobs.command import Run, run_step
from wavehouse.jobs.gold import make_gold
from wavehouse.jobs.quality import publish
from wavehouse.jobs.raw import make_raw
from wavehouse.jobs.silver import make_silver
from wavehouse.spec import load_pipeline

if TYPE_CHECKING:
    import pytest
    from pyspark.sql import SparkSession
    from shop import Shop

    from wavehouse.testing import Lake

#: What people are told by, wherever it stands in a text.
_TELLING = """
SELECT DISTINCT value FROM (
  SELECT lower(btrim(email)) FROM shop.customers
  UNION ALL SELECT btrim(email) FROM shop.customers
  UNION ALL SELECT full_name FROM shop.customers
  UNION ALL SELECT phone FROM shop.customers
  UNION ALL SELECT regexp_replace(phone, '[^0-9]', '', 'g') FROM shop.customers
  UNION ALL SELECT birth_date::text FROM shop.customers WHERE extract(doy FROM birth_date) > 1
  UNION ALL SELECT line1 FROM shop.addresses
  UNION ALL SELECT btrim(note) FROM shop.orders WHERE length(note) > 2
  UNION ALL SELECT payer_email FROM shop.payments
  UNION ALL SELECT card_holder FROM shop.payments
  UNION ALL SELECT contact_name FROM shop.suppliers
  UNION ALL SELECT contact_email FROM shop.suppliers
) AS found (value)
WHERE value IS NOT NULL
"""

#: What is told by standing alone in a cell; inside of a text it would be any number.
_WHOLE = """
SELECT DISTINCT value FROM (
  SELECT postal_code FROM shop.addresses
  UNION ALL SELECT card_last_four FROM shop.payments
) AS found (value)
WHERE value IS NOT NULL
"""


def test_nothing_that_came_in_as_personal_can_be_read(
    shop: Shop, lake: Lake, capfd: pytest.CaptureFixture[str]
) -> None:
    # One run more, as a job does it: with its reports and its words.
    run = Run(lake.spark, load_pipeline(lake.pipeline_file), lake.store, "2024-05-01", "scanned")
    steps = {"raw": make_raw, "silver": make_silver, "quality": publish, "gold": make_gold}
    assert not any(run_step(step, work, run) for step, work in steps.items())
    said = "".join(capfd.readouterr())
    telling = [row["value"] for row in shop.rows(_TELLING)]
    whole = {row["value"] for row in shop.rows(_WHOLE)}
    assert len(telling) > 100
    tables = {name: cells_of(lake.spark, name) for name in readable(lake)}
    assert sum(name.startswith("iceberg.quarantine.") for name in tables) >= 2
    for name, cells in tables.items():
        text = "\n".join(cells)
        assert not [value for value in telling if value in text], name
        assert not whole & texts_of(lake.spark, name), name
    reports = [path.read_text() for path in files_of(lake)]
    assert len(reports) == len(steps)
    secrets = [urlsplit(shop.reader_url).password or ""]
    for text in (*reports, said):
        assert not [value for value in telling + secrets if value in text]


def test_a_masked_key_still_joins(lake: Lake) -> None:
    joined = lake.spark.sql(
        "SELECT count(*) AS found FROM iceberg.silver.orders o "
        "JOIN iceberg.silver.customers c ON o.customer_id = c.customer_id AND c.is_current"
    )
    orders = lake.spark.table("iceberg.silver.orders").where("customer_id IS NOT NULL").count()
    # Those of customers in quarantine, and of those that have left, find nobody.
    assert 0.8 * orders < joined.collect()[0].found <= orders
    strange = lake.spark.table("iceberg.silver.orders").where("NOT customer_id RLIKE '^[0-9a-f]{64}$'")
    assert strange.count() == 0


def readable(lake: Lake) -> list[str]:
    """All tables but raw's."""
    names = []
    for layer in ("staging", "silver", "quarantine", "gold"):
        tables = lake.spark.sql(f"SHOW TABLES IN iceberg.{layer}").collect()
        names += [f"iceberg.{layer}.{table.tableName}" for table in tables]
    pipeline = load_pipeline(lake.pipeline_file)
    assert len(names) >= 2 * len(pipeline.tables) + len(pipeline.marts)
    return names


def cells_of(spark: SparkSession, name: str) -> set[str]:
    """Every value of a table, as text."""
    rows = spark.table(name)
    texts = rows.select(*[rows[column].cast("string") for column in rows.columns])
    return {value for row in texts.collect() for value in row if value is not None}


def texts_of(spark: SparkSession, name: str) -> set[str]:
    """Every value of a table's columns of text: elsewhere a short number may be any."""
    rows = spark.table(name)
    columns = [column for column, kind in rows.dtypes if kind == "string"]
    return {value for row in rows.select(*columns).collect() for value in row if value is not None}


def files_of(lake: Lake) -> list[Path]:
    """What runs have told of themselves."""
    return sorted((Path(urlsplit(lake.store.root).path) / "observability").rglob("*.json"))
