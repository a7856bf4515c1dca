"""The gold job: each mart's SQL over the published tables, written whole."""

from __future__ import annotations

import re
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException

from wavehouse import layout
from wavehouse.errors import UserError
from wavehouse.jobs.command import Counted, Run, main
from wavehouse.jobs.delta_table import Written, overwrite, table_exists
from wavehouse.jobs.sql_error import sql_error

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from wavehouse.report import TableMetrics
    from wavehouse.spec import Mart

_LINE = re.compile(r"\bline (\d+),? pos(ition)? (\d+)")


def make_gold(run: Run) -> Counted:
    """Makes every mart, in the declared order: a mart may read the tables and the marts before it.

    Throws UserError that names the SQL file when a query cannot run.
    """
    sizes = _register_silver(run)
    return Counted([_make_mart(run, mart, sizes) for mart in run.pipeline.marts], [])


def _register_silver(run: Run) -> dict[str, int]:
    """Gives every published table its name, `silver.<table>`. Returns their rows."""
    # The catalog in memory makes a folder for each database; its tables are all elsewhere.
    folder = Path(tempfile.mkdtemp(prefix="wavehouse-"))
    for database in ("silver", "gold"):
        run.spark.sql(f"CREATE DATABASE IF NOT EXISTS {database} LOCATION '{(folder / database).as_uri()}'")
    sizes = {}
    for table in run.pipeline.tables:
        key = layout.silver_table(run.pipeline.name, table.name)
        if table_exists(run.store, key):
            _register(run, f"silver.{table.name}", key)
            sizes[table.name] = run.spark.table(f"silver.{table.name}").count()
    return sizes


def _register(run: Run, name: str, key: str) -> None:
    url = run.store.url(key).replace("'", "\\'")
    run.spark.sql(f"CREATE TABLE IF NOT EXISTS {name} USING delta LOCATION '{url}'")


def _make_mart(run: Run, mart: Mart, sizes: dict[str, int]) -> TableMetrics:
    if mart.sql is None:
        raise AssertionError("a mart without SQL is refused before anything runs")
    file = run.pipeline.folder / mart.sql
    sql = _read_sql(run, mart, file)
    read = [name for name in sizes if re.search(rf"\bsilver\s*\.\s*`?{name}\b", sql, re.IGNORECASE)]
    key = layout.gold_table(run.pipeline.name, mart.name)
    try:
        written = _write(run, sql, key)
    except (PySparkException, Py4JJavaError) as error:
        told = sql_error(error)
        if told is None:
            raise
        raise UserError(f"{_where(file, error)}: mart {mart.name}: {told}{_hint(run, told)}") from error
    _register(run, f"gold.{mart.name}", key)
    return {
        "name": mart.name,
        "rows_in": sum(sizes[name] for name in read),
        "rows_out": written.rows,
        "bytes": written.bytes,
    }


def _read_sql(run: Run, mart: Mart, file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8").strip().removesuffix(";")
    except OSError as error:
        raise UserError(
            f"{run.pipeline.at(mart.line)}: mart {mart.name}: {file} cannot be read: {error}"
        ) from error


def _write(run: Run, sql: str, key: str) -> Written:
    # Inside brackets only a query parses: a file cannot drop or change anything.
    rows: DataFrame = run.spark.sql(f"SELECT * FROM (\n{sql}\n)")  # noqa: S608
    return overwrite(rows.coalesce(1), run.store, key)


def _where(file: Path, error: Exception) -> str:
    """The SQL file, and the line in it where Spark names one (of the query inside its brackets)."""
    found = _LINE.search(str(error))
    if not found:
        return str(file)
    # `pos` counts from 0, `position` from 1.
    column = int(found[3]) + (0 if found[2] else 1)
    return f"{file}:{int(found[1]) - 1}:{column}"


def _hint(run: Run, told: str) -> str:
    if not told.startswith("[TABLE_OR_VIEW_NOT_FOUND]"):
        return ""
    missing = [
        table.name
        for table in run.pipeline.tables
        if not table_exists(run.store, layout.silver_table(run.pipeline.name, table.name))
    ]
    return f" (not published yet: {', '.join(missing)}; run the quality step first)" if missing else ""


if __name__ == "__main__":
    sys.exit(main("gold", make_gold))
