"""Has Spark analyze the query of each mart over empty tables of the declared columns: names, types and arguments.

Standard input has one JSON document, `{"pipelines": [paths of pipeline.yaml]}`, and standard output gets one,
`{"problems": [{"kind", "file", "line", "column", "message"}]}`. Paths are from the repository's root, which is the
current folder. It ends with 0 when it has analyzed everything, whatever it found. Nothing is run.
"""

from __future__ import annotations

import json
import os
import re
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

from wavehouse.jobs.sql_error import sql_error
from wavehouse.mart_sql import reads
from wavehouse.spec import IS_CURRENT, VALID_FROM, VALID_TO, load_pipeline

if TYPE_CHECKING:
    from wavehouse.spec import Mart, Pipeline, Table

Problem = dict[str, Any]

_PLACE = re.compile(r"\bline (\d+),? pos(ition)? (\d+)")
_QUOTED = re.compile(r'["`]([^"`]+)["`]')


def main() -> None:
    """Analyzes what standard input names."""
    files: list[str] = json.load(sys.stdin)["pipelines"]
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    # Spark logs to whatever there is; only the answer is the answer.
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    with tempfile.TemporaryDirectory(prefix="wavehouse-marts-") as folder:
        spark = _start(folder)
        problems = [problem for file in files for problem in _analyze(spark, load_pipeline(Path(file)))]
    json.dump({"problems": problems}, answers)
    answers.close()
    # The JVM has nothing left to write.
    os._exit(0)


def _start(folder: str) -> SparkSession:
    os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"
    settings = {
        "spark.ui.enabled": "false",
        "spark.sql.catalogImplementation": "in-memory",
        "spark.sql.warehouse.dir": folder,
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.extraJavaOptions": f"-XX:TieredStopAtLevel=1 -Dderby.system.home={folder}",
        "spark.log.level": "OFF",
    }
    builder = SparkSession.builder.master("local[1]").appName("validate")
    for key, value in settings.items():
        builder = builder.config(key, value)
    return builder.getOrCreate()


def _analyze(spark: SparkSession, pipeline: Pipeline) -> list[Problem]:
    for layer in ("raw", "silver", "gold"):
        spark.sql(f"DROP DATABASE IF EXISTS {layer} CASCADE")
        spark.sql(f"CREATE DATABASE {layer}")
    for table in pipeline.tables:
        _make_view(spark, f"silver.`{table.name}`", _columns(table))
    problems: list[Problem] = []
    unknown: list[Mart] = []
    for mart in pipeline.marts:
        found = _analyze_mart(spark, pipeline, mart, unknown)
        if found != []:
            unknown.append(mart)
        problems += found or []
    return problems


def _columns(table: Table) -> dict[str, str]:
    """What silver holds of a table: masking keeps types, and the runtime adds columns by how a table is written."""
    more = {"ingest_date": "date"}
    if table.write == "scd2":
        more |= {VALID_FROM: "timestamp", VALID_TO: "timestamp", IS_CURRENT: "boolean"}
    if table.load.marks_deletes:
        more["is_deleted"] = "boolean"
    return {**{column.name: column.type for column in table.kept}, **more}


def _make_view(spark: SparkSession, name: str, columns: dict[str, str]) -> None:
    made = ", ".join(f"CAST(NULL AS {kind}) AS `{column}`" for column, kind in columns.items())
    spark.sql(f"CREATE VIEW {name} AS SELECT {made}")


def _analyze_mart(
    spark: SparkSession, pipeline: Pipeline, mart: Mart, unknown: list[Mart]
) -> list[Problem] | None:
    """None where it cannot be told: raw's columns are the source's, and a mart with a mistake has none yet."""
    if mart.sql is None:
        return None
    file = pipeline.folder / mart.sql
    # What stands before the query stays: positions count from the file's beginning.
    sql = file.read_text(encoding="utf-8").rstrip().removesuffix(";")
    if any(reads(sql, "raw", table.name) for table in pipeline.tables):
        return None
    if any(reads(sql, "gold", other.name) for other in unknown):
        return None
    try:
        # As the gold job does: inside brackets only a query parses.
        rows = spark.sql(f"SELECT * FROM (\n{_without_catalog(sql, pipeline)}\n)")
    except PySparkException as error:
        told = sql_error(error)
        if told is None:
            raise
        return [_problem(file, sql, error, told)]
    columns = {field.name: field.dataType.simpleString() for field in rows.schema}
    _make_view(spark, f"gold.`{mart.name}`", columns)
    return []


def _without_catalog(sql: str, pipeline: Pipeline) -> str:
    """Spark has no such catalog here; spaces in its place keep every position."""
    catalog = pipeline.storage.catalog
    if catalog is None:
        return sql
    pattern = rf"(?<![\w`.])`?{re.escape(catalog)}`?\s*\.(?=\s*`?(?:raw|silver|gold)\b)"
    return re.sub(pattern, lambda found: re.sub(r"[^\n]", " ", found[0]), sql, flags=re.IGNORECASE)


def _problem(file: Path, sql: str, error: Exception, told: str) -> Problem:
    line, column = _place(sql, error, told)
    return {"kind": "sql", "file": str(file), "line": line, "column": column, "message": told}


def _place(sql: str, error: Exception, told: str) -> tuple[int, int]:
    """Where Spark names it; else where the query first has what the message quotes; else its beginning."""
    found = _PLACE.search(str(error))
    if found is not None:
        # `pos` counts from 0, `position` from 1; the bracket stands on a line of its own.
        return max(int(found[1]) - 1, 1), int(found[3]) + (0 if found[2] else 1)
    for name in _QUOTED.findall(told):
        named = re.search(rf"(?<!\w){re.escape(name)}(?!\w)", sql)
        if named is not None:
            before = sql[: named.start()]
            return before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1
    return 1, 1


if __name__ == "__main__":
    main()
