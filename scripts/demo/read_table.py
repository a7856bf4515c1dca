"""Prints the first rows of a Delta table as JSON, without Spark: an independent reader.

Usage: read_table.py TABLE_FOLDER [--limit N] [--order-by COLUMN,-COLUMN]
Output: {"rows": N, "columns": [...], "first": [{...}, ...]}
"""

from __future__ import annotations

import argparse
import json
import sys

from deltalake import DeltaTable, QueryBuilder


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("table")
    parser.add_argument("--limit", type=int, default=10)
    parser.add_argument("--order-by", default="", help="columns, comma separated; a leading - sorts down")
    options = parser.parse_args()

    order = ", ".join(
        f'"{name.removeprefix("-")}" {"DESC" if name.startswith("-") else "ASC"} NULLS LAST'
        for name in options.order_by.split(",")
        if name
    )
    builder = QueryBuilder().register("delta", DeltaTable(options.table))
    query = "SELECT * FROM delta" + (f" ORDER BY {order}" if order else "") + f" LIMIT {options.limit}"
    found = builder.execute(query).read_all()
    columns = found.column_names
    first = [{name: found[name][at].as_py() for name in columns} for at in range(found.num_rows)]
    total = builder.execute("SELECT count(*) AS rows FROM delta").read_all()["rows"][0].as_py()
    json.dump({"rows": total, "columns": columns, "first": first}, sys.stdout, default=str)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
