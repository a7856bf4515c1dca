"""Prints as JSON how many rows a shop's tables have, and what the plots of its marts are drawn from.

Usage: read_marts.py PIPELINE_FILE (in a job's environment)
Output: {"rows": {"silver.orders": N, ...}, "gmv": [["2024-01-31", 1.5], ...],
         "cohorts": [["2024-01-01", customers, share or null in each of the three months after], ...],
         "heads": {"logistics": {"columns": [...], "first": [{...}, ...]}, ...}}
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from wavehouse.jobs.table_format import open_tables
from wavehouse.session import close_session, open_session
from wavehouse.spec import load_pipeline
from wavehouse.store import Store

_SHOWN = 3

_GMV = "SELECT order_day, sum(gmv) FROM gold.sales_daily GROUP BY order_day ORDER BY order_day"

_COHORTS = """
SELECT cohort_month, count(*), avg(int(retained_m1)), avg(int(retained_m2)), avg(int(retained_m3))
FROM gold.customer_360
WHERE cohort_month IS NOT NULL
GROUP BY cohort_month
ORDER BY cohort_month
"""


def main() -> int:
    pipeline = load_pipeline(Path(sys.argv[1]))
    spark = open_session("read-marts", (pipeline.storage.format,))
    try:
        open_tables(spark, pipeline, Store.open(pipeline.storage.bucket))
        names = [f"silver.{table.name}" for table in pipeline.tables]
        names += [f"gold.{mart.name}" for mart in pipeline.marts]
        heads = {}
        for mart in pipeline.marts:
            rows = spark.table(f"gold.{mart.name}")
            first = rows.orderBy(*mart.settings["grain"]).limit(_SHOWN).collect()
            heads[mart.name] = {"columns": rows.columns, "first": [row.asDict() for row in first]}
        found = {
            "rows": {name: spark.table(name).count() for name in names},
            "gmv": [[str(day), float(gmv)] for day, gmv in spark.sql(_GMV).collect()],
            "cohorts": [[str(month), *rest] for month, *rest in spark.sql(_COHORTS).collect()],
            "heads": heads,
        }
    finally:
        close_session(spark)
    json.dump(found, sys.stdout, default=str)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
