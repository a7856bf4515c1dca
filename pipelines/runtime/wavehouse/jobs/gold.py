"""The gold job: each mart's SQL over the published tables, written whole, or where its inputs changed."""

from __future__ import annotations

import re
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException

from wavehouse import layout
from wavehouse.errors import UserError
from wavehouse.jobs.at_once import for_each
from wavehouse.jobs.command import Counted, Run, main
from wavehouse.jobs.mart_inputs import read_inputs, touched
from wavehouse.jobs.mart_quality import check_mart
from wavehouse.jobs.sql_error import sql_error
from wavehouse.jobs.table_format import Written
from wavehouse.mart_sql import reads

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

    from pyspark.sql import DataFrame

    from wavehouse.report import RuleMetrics, TableMetrics
    from wavehouse.spec import Mart

_LINE = re.compile(r"\bline (\d+),? pos(ition)? (\d+)")


def make_gold(run: Run) -> Counted:
    """Makes every mart, or the run's one, in the declared order: a mart may read the tables and the marts before it.

    Throws UserError that names the SQL file when a query cannot run.
    """
    marts = [mart for mart in run.pipeline.marts if run.mart in (None, mart.name)]
    if not marts and run.mart is not None:
        known = ", ".join(mart.name for mart in run.pipeline.marts)
        raise UserError(f"--mart {run.mart}: {run.pipeline.file} has no such mart (there are: {known})")
    texts = {mart.name: _read_sql(run, mart) for mart in marts}
    sizes = _name_inputs(run, texts.values())
    done: list[tuple[TableMetrics, list[RuleMetrics]]] = []
    for together in _independent(run, marts, texts):
        done += for_each(run, lambda mart: _make_mart(run, mart, texts[mart.name], sizes), together)
    return Counted([metrics for metrics, _ in done], [rule for _, rules in done for rule in rules])


def _independent(run: Run, marts: list[Mart], texts: dict[str, str]) -> list[list[Mart]]:
    """The marts in their order, parted before each that reads one of those just before it."""
    parts: list[list[Mart]] = []
    for mart in marts:
        keys = [layout.gold_table(run.pipeline.name, other.name) for other in (parts[-1] if parts else [])]
        if not keys or any(reads(texts[mart.name], *layout.layer_and_name(key)) for key in keys):
            parts.append([])
        parts[-1].append(mart)
    return parts


def _name_inputs(run: Run, texts: Collection[str]) -> dict[str, int]:
    """Gives what the SQL reads its name there, `<layer>.<table>`, where it is published. Returns the rows, by key."""
    keys = [layout.silver_table(run.pipeline.name, table.name) for table in run.pipeline.tables]
    if run.mart is not None:
        keys += [layout.gold_table(run.pipeline.name, mart.name) for mart in run.pipeline.marts]
    sizes = {}
    for key in keys:
        if any(reads(text, *layout.layer_and_name(key)) for text in texts) and run.tables.exists(key):
            run.tables.name_for_sql(key)
            sizes[key] = run.tables.count(key)
    return sizes


def _make_mart(
    run: Run, mart: Mart, sql: str, sizes: dict[str, int]
) -> tuple[TableMetrics, list[RuleMetrics]]:
    read = [key for key in tuple(sizes) if reads(sql, *layout.layer_and_name(key))]
    key = layout.gold_table(run.pipeline.name, mart.name)
    try:
        written, rules = _write(run, mart, sql, key, read)
    except (PySparkException, Py4JJavaError) as error:
        told = sql_error(error)
        if told is None:
            raise
        raise UserError(
            f"{_where(_file(run, mart), error)}: mart {mart.name}: {told}{_hint(run, told)}"
        ) from error
    run.tables.name_for_sql(key)
    sizes[key] = written.rows
    return {
        "name": mart.name,
        "rows_in": sum(sizes[name] for name in read if name.startswith("silver/")),
        "rows_out": written.rows,
        "bytes": written.bytes,
    }, rules


def _file(run: Run, mart: Mart) -> Path:
    if mart.sql is None:
        raise AssertionError("a mart without SQL is refused before anything runs")
    return run.pipeline.folder / mart.sql


def _read_sql(run: Run, mart: Mart) -> str:
    file = _file(run, mart)
    try:
        return file.read_text(encoding="utf-8").strip().removesuffix(";")
    except OSError as error:
        raise UserError(
            f"{run.pipeline.at(mart.line)}: mart {mart.name}: {file} cannot be read: {error}"
        ) from error


def _write(run: Run, mart: Mart, sql: str, key: str, read: list[str]) -> tuple[Written, list[RuleMetrics]]:
    # Inside brackets only a query parses: a file cannot drop or change anything.
    rows: DataFrame = run.spark.sql(f"SELECT * FROM (\n{sql}\n)")  # noqa: S608
    if run.pipeline.storage.format == "delta":
        with _checked(run, mart, rows) as (sound, rules):
            return run.tables.overwrite(sound, key, mart.partitions), rules
    inputs = read_inputs(run, mart, sql, read)
    changed = touched(run, mart, inputs)
    if changed is False:
        run.versioned.note(key, inputs.notes())
        return Written(0, 0), []
    part = rows if changed is None else rows.where(changed)
    with _checked(run, mart, part) as (sound, rules):
        if changed is None:
            written = run.tables.overwrite(sound, key, mart.partitions)
        else:
            written = run.versioned.replace_where(sound, key, changed, mart.partitions)
    run.versioned.note(key, inputs.notes())
    return written, rules


@contextmanager
def _checked(run: Run, mart: Mart, rows: DataFrame) -> Iterator[tuple[DataFrame, list[RuleMetrics]]]:
    """The rows once the mart's rules are held against them; they are made once for both."""
    if not mart.quality:
        yield rows, []
        return
    kept = rows.persist()
    try:
        yield kept, check_mart(run, mart, kept)
    finally:
        kept.unpersist()


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
        if not run.tables.exists(layout.silver_table(run.pipeline.name, table.name))
    ]
    return f" (not published yet: {', '.join(missing)}; run the quality step first)" if missing else ""


if __name__ == "__main__":
    sys.exit(main("gold", make_gold))
