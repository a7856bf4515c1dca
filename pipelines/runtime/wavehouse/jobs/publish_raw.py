"""Publishing what came through raw: the newest version of each key, or its history, and how far silver has come."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from pyspark.sql import Window
from pyspark.sql import functions as F  # noqa: N812
from pyspark.sql.types import IntegralType

from wavehouse import layout
from wavehouse.jobs.history import make_history
from wavehouse.jobs.silver_raw import THROUGH
from wavehouse.spec import VALID_FROM

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyspark.sql import Column as SparkColumn
    from pyspark.sql import DataFrame, Row

    from wavehouse.jobs.command import Run
    from wavehouse.jobs.table_format import Written
    from wavehouse.spec import Table

#: The note beside a published table: when it was last published, by which marts find what changed.
PUBLISHED = "published-at"

_OWN = ("_version", "_published_at", "ingest_date")


@dataclass(frozen=True)
class Progress:
    """On which dates staged rows came, earlier runs' too, and the last arrival among them (ISO), None without any.

    `within` is between which values each key that is a whole number lies.
    """

    dates: tuple[str, ...]
    through: str | None
    within: dict[str, tuple[int, int]]


def progress_columns(table: Table, rows: DataFrame) -> list[SparkColumn]:
    """What `read_progress` needs of the rows that came, refused ones too, as aggregates."""
    last = F.date_format(F.max("_version.ingested_at"), "yyyy-MM-dd'T'HH:mm:ss.SSSSSSXXX")
    ends = [
        end(name).alias(f"_{end.__name__}_{name}")
        for name in table.keys
        if isinstance(rows.schema[name].dataType, IntegralType)
        for end in (F.min, F.max)
    ]
    return [F.collect_set(F.col("_came").cast("string")).alias("_dates"), last.alias("_through"), *ends]


def read_progress(table: Table, found: Row) -> Progress:
    """Reads what the aggregates came to."""
    row = found.asDict()
    within = {
        name: (row[f"_min_{name}"], row[f"_max_{name}"])
        for name in table.keys
        if row.get(f"_min_{name}") is not None
    }
    return Progress(tuple(found["_dates"]), found["_through"], within)


def publish_versions(
    run: Run,
    table: Table,
    staged: DataFrame,
    sound: DataFrame,
    *,
    dates: Sequence[str],
    progress: Progress,
) -> Written:
    """Brings silver to what was staged, in one commit. `sound` are the rows that no rule refuses.

    `staged` has what was refused too: it says which keys were looked at. `dates` are published together.
    """
    key = layout.silver_table(run.pipeline.name, table.name)
    stamp = _stamp(run, key)
    rows = _published(sound, stamp)
    if table.write == "scd2":
        written = _publish_history(run, table, key, staged, rows)
    elif table.keys:
        written = run.versioned.merge_changes(
            _newest(rows, table),
            key,
            on=table.keys,
            newer=_newer(run, key, rows),
            fields=table.partitions,
            within=progress.within,
        )
    else:
        written = run.tables.replace_dates(rows, key, dates, table.partitions)
    _note_progress(run, key, progress.through, stamp)
    return written


def _stamp(run: Run, key: str) -> datetime:
    """When this is published: later than anything before, whatever the clock says."""
    now = datetime.now(UTC)
    before = run.versioned.notes(key).get(PUBLISHED)
    return max(now, datetime.fromisoformat(before) + timedelta(microseconds=1)) if before else now


def _published(sound: DataFrame, stamp: datetime) -> DataFrame:
    """Rows as silver has them: `ingest_date` is when the version came."""
    return (
        sound.drop("ingest_date", "_run_id", "_context", "_faults")
        .withColumnRenamed("_came", "ingest_date")
        .withColumn("_published_at", F.lit(stamp).cast("timestamp"))
    )


def _newest(rows: DataFrame, table: Table) -> DataFrame:
    order = Window.partitionBy(*table.keys).orderBy(F.col("_version").desc())
    return rows.withColumn("_place", F.row_number().over(order)).where("_place = 1").drop("_place")


def _newer(run: Run, key: str, rows: DataFrame) -> str:
    """Whether a row replaces what is there: a newer version, or the same one that is now read otherwise."""
    stored = set(run.tables.read(key).columns) if run.tables.exists(key) else set(rows.columns)
    names = [name for name in rows.columns if name in stored and name not in _OWN]
    return f"s._version > t._version OR (s._version = t._version AND ({_differs(names)}))"


def _differs(names: Sequence[str]) -> str:
    return " OR ".join(f"NOT (s.`{name}` <=> t.`{name}`)" for name in names) or "false"


def _publish_history(run: Run, table: Table, key: str, staged: DataFrame, rows: DataFrame) -> Written:
    """Replaces the history of every key that was looked at."""
    history = make_history(rows, table)
    on = [*table.keys, VALID_FROM]
    changes = history.withColumn("_gone", F.lit(False))
    if run.tables.exists(key):
        touched = staged.select(*table.keys).distinct()
        there = run.tables.read(key).join(touched, on=list(table.keys), how="left_semi").select(*on)
        gone = there.join(history.select(*on), on=on, how="left_anti").withColumn("_gone", F.lit(True))
        changes = changes.unionByName(gone, allowMissingColumns=True)
        stored = set(run.tables.read(key).columns)
    else:
        stored = set(history.columns)
    names = [name for name in history.columns if name in stored and name not in ("_published_at", *on)]
    return run.versioned.merge_changes(changes, key, on=on, newer=_differs(names), fields=table.partitions)


def _note_progress(run: Run, key: str, through: str | None, stamp: datetime) -> None:
    """Notes how far raw is published, once it is. A job that dies before this only does it again."""
    notes = {PUBLISHED: stamp.isoformat()}
    if through is not None and through > run.versioned.notes(key).get(THROUGH, ""):
        notes[THROUGH] = through
    run.versioned.note(key, notes)
