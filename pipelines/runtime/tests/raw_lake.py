"""A small shop in a real PostgreSQL, and the lake that its tables come to."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pyspark.sql import SparkSession

from wavehouse.testing import Lake

PIPELINE = """\
apiVersion: wavehouse.dev/v1
kind: Pipeline
metadata: { name: shop, owner: tests }
spec:
  schedule: "@daily"
  storage: { format: iceberg, bucket: lake, catalog: iceberg }
  sources:
    db: { type: postgres, connection: shop_db, schema: shop, maxConnections: 3 }
  tables:
    - name: orders
      source: db
      load: { mode: incremental, cursor: updated_at, lag: 10m, split: { column: order_id, parts: 3 } }
      keys: [order_id]
      partitionBy: [{ column: created_at, transform: month }]
      write: merge
      contract: { newColumns: evolve, missingColumns: evolve }
      columns:
        order_id: bigint
        customer: { type: string, pii: { method: hash, key: pii_key } }
        status: { type: string, case: lower }
        amount: decimal(12, 2)
        weight: double
        created_at: { type: timestamp, timezone: Europe/Madrid }
        updated_at: timestamp
        order_day: { type: date, expression: to_date(created_at) }
      quality:
        - { rule: amount >= 0, severity: quarantine, name: no_negative_amount }
    - name: customers
      source: db
      load: { mode: incremental, cursor: updated_at, deletes: { mode: soft, column: deleted_at } }
      keys: [customer]
      write: scd2
      history: [country]
      columns:
        customer: { type: string, pii: { method: hash, key: pii_key } }
        full_name: { type: string, pii: { method: drop } }
        phone: { type: string, pii: { method: partial, keepLast: 3 } }
        born: { type: date, pii: { method: generalise, to: decade } }
        country: { type: string, case: upper }
        updated_at: timestamp
        deleted_at: timestamp
      hook: { file: silver/customers.py, function: plain_phones }
    - name: products
      source: db
      load: { mode: full, deletes: { mode: snapshot } }
      keys: [product_id]
      write: merge
      columns: { product_id: int, name: string, price: "decimal(10, 2)" }
  marts:
    - name: sales
      sql: sales.sql
      partitionBy: [order_day]
      touchedBy: { orders: select order_day from changed }
      grain: [order_day]
      quality: [{ rule: orders > 0, severity: fail }]
"""

HOOK = '''\
"""What SQL does not reach."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as f


def plain_phones(rows: DataFrame) -> DataFrame:
    return rows.withColumn("phone", f.regexp_replace("phone", "[^0-9]", ""))
'''

SALES = "SELECT order_day, count(*) AS orders, sum(amount) AS amount FROM silver.orders GROUP BY order_day"

SCHEMA = """\
DROP SCHEMA IF EXISTS shop CASCADE;
CREATE SCHEMA shop;
CREATE TABLE shop.orders (
  order_id bigint PRIMARY KEY, customer text, status text, amount numeric(12, 2), weight double precision,
  created_at timestamp, updated_at timestamptz);
CREATE TABLE shop.customers (
  customer text PRIMARY KEY, full_name text, phone text, born date, country text, updated_at timestamptz,
  deleted_at timestamptz);
CREATE TABLE shop.products (product_id int PRIMARY KEY, name text, price numeric(10, 2))"""


def raw_lake(
    spark: SparkSession, folder: Path, *edits: tuple[str, str], tables: Sequence[str] | None = None
) -> Lake:
    """The lake of the shop, or of some of its tables, its pipeline edited: each (old, new) is replaced in its text."""
    head, rest = PIPELINE.split("  tables:\n")
    blocks, marts = rest.split("  marts:\n")
    kept = [f"    - name: {block}" for block in blocks.split("    - name: ") if block]
    kept = [block for block in kept if tables is None or block.split()[2] in tables]
    text = f"{head}  tables:\n{''.join(kept)}  marts:\n{marts}"
    for old, new in edits:
        assert text.count(old) == 1, f"{old!r} is not once in the pipeline"
        text = text.replace(old, new)
    pipeline = folder / "pipeline"
    (pipeline / "silver").mkdir(parents=True, exist_ok=True)
    (pipeline / "pipeline.yaml").write_text(text)
    (pipeline / "silver" / "customers.py").write_text(HOOK)
    (pipeline / "sales.sql").write_text(SALES)
    return Lake.make(spark, folder, pipeline / "pipeline.yaml")
