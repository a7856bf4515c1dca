"""The quality job: the declared rules over what silver staged, and then, only then, what readers see."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyspark.errors import PySparkException
from pyspark.sql import functions as F  # noqa: N812

from wavehouse import layout
from wavehouse.errors import UserError
from wavehouse.jobs.at_once import for_each
from wavehouse.jobs.command import Counted, RuleBrokenError, Run, main
from wavehouse.jobs.publish_raw import Progress, progress_columns, publish_versions, read_progress
from wavehouse.jobs.rules import Check, checks_of, find_failing, require_sound
from wavehouse.jobs.table_format import Written
from wavehouse.spec_partition import BY_DATE

if TYPE_CHECKING:
    from pyspark.sql import Column as SparkColumn
    from pyspark.sql import DataFrame, Row

    from wavehouse.report import RuleMetrics, TableMetrics
    from wavehouse.spec import Table

_EXAMPLES = 3
_STAGING_ONLY = ("_source_file", "_source_index", "_faults")


def publish(run: Run) -> Counted:
    """Checks and publishes every table of the partition.

    All tables are checked before the first is published. Throws UserError when a rule cannot be evaluated,
    and RuleBrokenError when one of severity `fail` is broken; then nothing is published.
    """
    checked = for_each(run, lambda table: _check(run, table), run.pipeline.tables)
    rules = [metrics for table in checked for metrics in table.rules]
    broken = [message for table in checked for message in table.failures]
    if broken:
        raise RuleBrokenError("\n".join(broken), Counted([_metrics(table, None) for table in checked], rules))
    return Counted(for_each(run, lambda table: _publish(run, table), checked), rules)


@dataclass(frozen=True)
class _Checked:
    """A table's staged rows, those of them that came with the run, its checks, and what evaluating them found.

    `progress` is how far raw was read; None where the rows did not come through raw.
    """

    table: Table
    looked_at: DataFrame
    rows: DataFrame
    checks: list[Check]
    staged: int
    quarantined: int
    progress: Progress | None
    rules: list[RuleMetrics]
    failures: list[str]


def _check(run: Run, table: Table) -> _Checked:
    """Evaluates all checks in one pass over the staged rows."""
    looked_at = _staged(run, table)
    # What is looked at only for a key's history was counted when it came.
    raw = run.pipeline.is_raw(table)
    rows = looked_at.where(~F.col("_context")).drop("_context") if raw else looked_at
    require_sound(rows, table, run.pipeline)
    checks = checks_of(table)
    counts = [F.count_if(check.broken).alias(f"broken_{number}") for number, check in enumerate(checks)]
    try:
        found = rows.agg(
            F.count(F.lit(1)).alias("staged"),
            F.count_if(_is_quarantined(checks)).alias("quarantined"),
            *(progress_columns(table, rows) if raw else []),
            *counts,
        ).collect()[0]
    except PySparkException as error:
        raise find_failing(rows, table, run.pipeline) or error from error
    violations: list[int] = [found[f"broken_{number}"] for number in range(len(checks))]
    staged: int = found["staged"]
    return _Checked(
        table=table,
        looked_at=looked_at,
        rows=rows,
        checks=checks,
        staged=staged,
        quarantined=found["quarantined"],
        progress=read_progress(table, found) if raw else None,
        rules=[
            {"table": table.name, "rule": check.name, "severity": check.severity, "violations": count}
            for check, count in zip(checks, violations, strict=True)
        ],
        failures=[
            _failure(run, table, rows, check, f"{count} of {staged} rows")
            for check, count in zip(checks, violations, strict=True)
            if count and check.severity == "fail"
        ],
    )


def _staged(run: Run, table: Table) -> DataFrame:
    key = layout.staging_table(run.pipeline.name, table.name)
    where = run.tables.where(key)
    if not run.tables.exists(key):
        raise UserError(f"{where}: nothing is staged: run the silver step of {run.partition} first")
    staged = run.tables.read(key)
    absent = [column.name for column in table.kept if column.name not in staged.columns]
    if absent:
        raise UserError(f"{where}: has no column {absent[0]}: run the silver step of {run.partition} again")
    dropped = [column.name for column in table.columns if column.deprecated]
    return staged.where(F.col("ingest_date") == F.lit(run.partition).cast("date")).drop(*dropped)


def _publish(run: Run, checked: _Checked) -> TableMetrics:
    """Quarantine first: a run that dies in between leaves readers what they had, and its rerun does both."""
    table = checked.table
    if _nothing_came(run, checked):
        return _metrics(checked, Written(0, 0))
    came = checked.progress.dates if checked.progress else ()
    dates = sorted({run.partition, *came})
    _quarantine(run, checked, dates)
    if checked.progress:
        sound = checked.looked_at.where(~_is_quarantined(checked.checks))
        written = publish_versions(
            run, table, checked.looked_at, sound, dates=dates, progress=checked.progress
        )
        return _metrics(checked, written)
    rows = checked.rows.where(~_is_quarantined(checked.checks)).drop(*_STAGING_ONLY)
    key = layout.silver_table(run.pipeline.name, table.name)
    if table.write == "merge":
        written = run.tables.merge_by_key(
            rows, key, keys=table.keys, partition=run.partition, fields=table.partitions
        )
    else:
        # `append` too: a run that is repeated must not add its rows twice.
        written = run.tables.replace_dates(rows, key, [run.partition], table.partitions)
    return _metrics(checked, written)


def _nothing_came(run: Run, checked: _Checked) -> bool:
    """Whether raw has nothing of the run's date and nothing that waits: then all is published as it should be."""
    key = layout.silver_table(run.pipeline.name, checked.table.name)
    return run.pipeline.is_raw(checked.table) and not checked.staged and run.tables.exists(key)


def _quarantine(run: Run, checked: _Checked, dates: list[str]) -> None:
    """Replaces what the quarantine holds of these dates; an old entry goes even when no new one comes."""
    key = layout.quarantine_table(run.pipeline.name, checked.table.name)
    if not checked.quarantined and not run.tables.exists(key):
        return
    checks = [check for check in checked.checks if check.severity == "quarantine"]
    first = F.coalesce(*[F.when(check.broken, F.lit(check.name)) for check in checks])
    reasons = F.array_compact(F.array(*[F.when(check.broken, check.reason) for check in checks]))
    rows = checked.rows.where(_is_quarantined(checks)).withColumns(
        {"_rule": first, "_reason": F.array_join(reasons, "; "), "_run_id": F.lit(run.run_id)}
    )
    if run.pipeline.is_raw(checked.table):
        # A refused version stays with the date on which it came.
        rows = rows.withColumn("ingest_date", F.col("_came")).drop("_came", "_version")
    run.tables.replace_dates(rows.drop("_faults"), key, dates, BY_DATE)


def _is_quarantined(checks: list[Check]) -> SparkColumn:
    found = F.lit(False)
    for check in checks:
        if check.severity == "quarantine":
            found |= check.broken
    return found


def _metrics(checked: _Checked, written: Written | None) -> TableMetrics:
    """What happened to a table; nothing did where nothing was written."""
    return {
        "name": checked.table.name,
        "rows_in": checked.staged,
        "rows_out": checked.staged - checked.quarantined if written else 0,
        "rows_quarantined": checked.quarantined if written else 0,
        "bytes": written.bytes if written else 0,
    }


def _failure(run: Run, table: Table, rows: DataFrame, check: Check, count: str) -> str:
    raw = run.pipeline.is_raw(table)
    order = table.keys if raw else ("_source_file", "_source_index")
    examples = rows.where(check.broken).orderBy(*order).limit(_EXAMPLES).collect()
    shown = ", ".join(_place(row, table.keys) for row in examples)
    came = (
        run.tables.where(layout.raw_table(run.pipeline.name, table.name))
        if raw
        else run.store.url(layout.bronze_partition(run.pipeline.name, table.name, run.partition))
    )
    return (
        f"{run.pipeline.at(check.line)}: rule `{check.name}` (severity fail) of table {table.name} is broken "
        f"by {count}, and nothing was published; first at {shown}, in {came}: mend the source and ingest again, "
        "or change the rule"
    )


def _place(row: Row, keys: tuple[str, ...]) -> str:
    """Page file and record of a row that has one, and its key as far as it has one."""
    key = ", ".join(f"{name}={row[name]}" for name in keys if row[name] is not None)
    if "_source_file" not in row:
        return key or "a row without a key"
    return f"{row['_source_file']}[{row['_source_index']}]" + (f" ({key})" if key else "")


if __name__ == "__main__":
    sys.exit(main("quality", publish))
