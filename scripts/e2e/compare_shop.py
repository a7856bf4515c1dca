"""Compares a shop's tables with what PostgreSQL makes of the same shop, read through the catalog as its readers do.

Usage: compare_shop.py PIPELINE_FILE EXPECTED   (in a job's environment)
       compare_shop.py PIPELINE_FILE --forget   drops all tables of the catalog
EXPECTED holds a line for each row: table, tab, the row as JSON; and a line with the table alone for each table.
Prints one line a table and, last, how many tables and rows are the same; exits 1 when one differs.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from compare import require_same
from wavehouse.jobs.table_format import open_tables
from wavehouse.session import close_session, open_session
from wavehouse.spec import load_pipeline
from wavehouse.store import Store


def main() -> int:
    pipeline = load_pipeline(Path(sys.argv[1]))
    spark = open_session("compare-shop", (pipeline.storage.format,))
    try:
        open_tables(spark, pipeline, Store.open(pipeline.storage.bucket))
        if sys.argv[2] == "--forget":
            for namespace in spark.sql("SHOW NAMESPACES").collect():
                for table in spark.sql(f"SHOW TABLES IN `{namespace[0]}`").collect():
                    spark.sql(f"DROP TABLE `{namespace[0]}`.`{table['tableName']}`")
            return 0
        return compare(spark, read_expected(Path(sys.argv[2])))
    finally:
        close_session(spark)


def compare(spark: Any, tables: dict[str, list[dict[str, Any]]]) -> int:  # noqa: ANN401  (Spark's session)
    rows = 0
    wrong = 0
    for name, expected in tables.items():
        try:
            rows += require_same(name, spark.table(name), expected)
        except AssertionError as error:
            wrong += 1
            print(error)
    print(f"{len(tables) - wrong} of {len(tables)} tables, {rows} rows")
    return 1 if wrong or not tables else 0


def read_expected(file: Path) -> dict[str, list[dict[str, Any]]]:
    """The rows by table; numbers as they are written, as text."""
    found: dict[str, list[dict[str, Any]]] = {}
    for line in file.read_text(encoding="utf-8").splitlines():
        name, _, row = line.partition("\t")
        rows = found.setdefault(name, [])
        if row:
            rows.append(json.loads(row, parse_float=str))
    return found


if __name__ == "__main__":
    sys.exit(main())
