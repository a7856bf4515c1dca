"""Prints the first rows of a Delta table as JSON, without Spark: an independent reader.

Usage: read_table.py TABLE_FOLDER [--limit N] [--order-by COLUMN,-COLUMN]
Output: {"rows": N, "columns": [...], "first": [{...}, ...]}
"""

from __future__ import annotations

import argparse
import json
import sys

import duckdb
from deltalake import DeltaTable


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("table")
    parser.add_argument("--limit", type=int, default=10)
    parser.add_argument("--order-by", default="", help="columns, comma separated; a leading - sorts down")
    options = parser.parse_args()

    connection = duckdb.connect()
    connection.register("delta", DeltaTable(options.table).to_pyarrow_dataset())
    order = ", ".join(
        f'"{name.removeprefix("-")}" {"DESC" if name.startswith("-") else "ASC"} NULLS LAST'
        for name in options.order_by.split(",")
        if name
    )
    query = "SELECT * FROM delta" + (f" ORDER BY {order}" if order else "") + f" LIMIT {options.limit}"
    cursor = connection.execute(query)
    columns = [column[0] for column in cursor.description or []]
    first = [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]
    counted = connection.execute("SELECT count(*) FROM delta").fetchone()
    total = counted[0] if counted is not None else 0
    json.dump({"rows": total, "columns": columns, "first": first}, sys.stdout, default=str)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
