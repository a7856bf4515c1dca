"""The raw job: what is new in the tables of databases, added to raw as it came.

Everything is read in one snapshot of the database, and a table's rows reach raw in one commit, so that a job that dies
leaves nothing half, and run again adds only what raw does not hold.
"""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import chain, count
from typing import TYPE_CHECKING, Any, cast
from zoneinfo import ZoneInfo

from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException
from pyspark.sql import Observation
from pyspark.sql import functions as F  # noqa: N812

from wavehouse import layout
from wavehouse.errors import UserError
from wavehouse.jobs.at_once import for_each
from wavehouse.jobs.command import Counted, Run, main
from wavehouse.jobs.conflict import again_on_conflict
from wavehouse.jobs.postgres import (
    Range,
    Relation,
    SourceSnapshot,
    is_whole,
    literal,
    open_snapshot,
    quoted,
)
from wavehouse.jobs.raw_contract import check_columns
from wavehouse.jobs.raw_versions import OWN_COLUMNS, gone, newest, read_state, unknown_versions
from wavehouse.jobs.sql_error import sql_error
from wavehouse.spec_partition import BY_DATE

if TYPE_CHECKING:
    from pyspark.sql import Column as SparkColumn
    from pyspark.sql import DataFrame

    from wavehouse.jobs.raw_versions import RawState
    from wavehouse.report import TableMetrics
    from wavehouse.spec import Column, Source, Table

_TICK = timedelta(microseconds=1)


def make_raw(run: Run) -> Counted:
    """Reads every table of every database. Throws UserError when one cannot be, and by a contract that freezes."""
    counted: list[TableMetrics] = []
    for source in run.pipeline.sources.values():
        tables = [table for table in run.pipeline.tables if table.source == source.name]
        if source.is_database and tables:
            counted += _read_source(run, source, tables)
    return Counted(counted, [])


def _read_source(run: Run, source: Source, tables: list[Table]) -> list[TableMetrics]:
    with open_snapshot(run.spark, run.pipeline, source) as snapshot:
        # All contracts are held before the first row is read.
        reads = for_each(run, lambda table: _plan(run, snapshot, table), tables)
        whole = [read for read in reads if read.split is None]
        with ThreadPoolExecutor(snapshot.reads_at_once) as pool:
            done = dict(zip([read.table.name for read in whole], pool.map(_bring, whole), strict=True))
        # One that is read in parts takes all the connections.
        done |= {read.table.name: _bring(read) for read in reads if read.split is not None}
    return [done[table.name] for table in tables]


@dataclass(frozen=True)
class _Cursor:
    """The cursor of a table: the column, its source's name, SQL for its value in UTC, and its newest value."""

    column: Column
    name: str
    kind: str
    sql: str
    newest: str | None

    @property
    def whole(self) -> bool:
        return is_whole(self.kind)

    @property
    def spark_type(self) -> str:
        return "bigint" if self.whole else "timestamp"


@dataclass(frozen=True)
class _Read:
    """One table's read, planned. `since` is SQL for what is read; all is where it is None."""

    run: Run
    snapshot: SourceSnapshot
    table: Table
    relation: Relation
    keys: list[str]
    cursor: _Cursor | None
    seen: str | None
    state: RawState | None
    since: str | None
    known_since: datetime | int | None
    generation: int
    split: Range | None


def _plan(run: Run, snapshot: SourceSnapshot, table: Table) -> _Read:
    name = str(table.settings.get("from", table.name))
    relation = snapshot.relation(name)
    if relation is None:
        raise UserError(
            f"{run.pipeline.at(table.line)}: table {table.name}: {snapshot.where} shows no table {name}: "
            "mend `from` or the source's `schema`, or grant the reading user SELECT on it and USAGE on its schema"
        )
    key = layout.raw_table(run.pipeline.name, table.name)
    seen = run.versioned.snapshot(key)
    known = run.versioned.read_at(key, seen) if seen else None
    state = read_state(known) if known else None
    check_columns(run, table, relation)
    cursor = _cursor(run, snapshot, table, relation)
    generation = state.generation if state else 0
    since: str | None = None
    known_since: datetime | int | None = None
    if state and (run.reload or _went_back(cursor, state)):
        generation += 1
    elif state and cursor and state.cursor is not None:
        bound = _lower_bound(table, state)
        since = _since(cursor, bound)
        # No later than what is read is compared with: a bound goes back by the fold, and its zone may, too.
        known_since = bound if isinstance(bound, int) else bound - 2 * _fold(cursor)
    return _Read(
        run=run,
        snapshot=snapshot,
        table=table,
        relation=relation,
        keys=[_source_name(table, name) for name in table.keys],
        cursor=cursor,
        seen=seen,
        state=state,
        since=since,
        known_since=known_since,
        generation=generation,
        split=_split(table, relation),
    )


def _cursor(run: Run, snapshot: SourceSnapshot, table: Table, relation: Relation) -> _Cursor | None:
    if table.load.cursor is None:
        return None
    column = next(column for column in table.columns if column.name == table.load.cursor)
    kind = relation.types[column.source_field].split("(")[0].strip()
    name = quoted(column.source_field)
    zone = literal(column.timezone)
    if is_whole(kind):
        sql = name
    elif "with time zone" in relation.types[column.source_field]:
        sql = f"CASE WHEN isfinite({name}) THEN {name} END"
    elif kind in ("timestamp", "timestamp without time zone", "date"):
        sql = f"CASE WHEN isfinite({name}) THEN {_in_utc(f'{name}::timestamp', zone)} END"
    else:
        raise UserError(
            f"{run.pipeline.at(column.line)}: table {table.name}: the cursor {column.name} is a {kind} in the source: "
            "expected a timestamp, a date or a whole number"
        )
    found = snapshot.value(relation.select({"newest": f"max({sql})"}))
    return _Cursor(column, name, relation.types[column.source_field], sql, found)


def _in_utc(local: str, zone: str) -> str:
    """SQL for a local time in UTC. In the hour that comes twice nobody can tell which is later: all of it is its end.

    Of versions with one cursor the last to arrive is the newest.
    """
    moment = f"({local} AT TIME ZONE {zone})"
    twice = f"({moment} - interval '1 hour') AT TIME ZONE {zone} = {local}"
    return f"CASE WHEN {twice} THEN date_trunc('hour', {moment}) + interval '1 hour' ELSE {moment} END"


def _went_back(cursor: _Cursor | None, state: RawState) -> bool:
    """Whether the source's newest cursor is older than what came from it: a backup, or its newest rows are gone.

    Then nothing that raw holds can be trusted to be the newest, and all is read as a new generation.
    """
    if cursor is None or state.cursor is None:
        return False
    return cursor.newest is None or _value(cursor, cursor.newest) < cast("Any", state.cursor)


def _lower_bound(table: Table, state: RawState) -> datetime | int:
    """From where on is read: the newest cursor that came, less the lag for what is committed late."""
    if isinstance(state.cursor, int):
        return state.cursor
    # A clock that ran ahead left cursors from the future: from those on, nothing would come for a while.
    reached = min(cast("datetime", state.cursor), state.ingested_at)
    return reached - table.load.lag


def _fold(cursor: _Cursor) -> timedelta:
    """How far a local clock without a zone is set back in autumn: then what is later looks older."""
    if "with time zone" in cursor.kind or cursor.kind == "date":
        return timedelta(days=1) if cursor.kind == "date" else timedelta()
    zone = ZoneInfo(cursor.column.timezone)
    offsets = {datetime(2026, month, 1, tzinfo=zone).utcoffset() or timedelta() for month in range(1, 13)}
    return max(offsets) - min(offsets)


def _since(cursor: _Cursor, bound: datetime | int) -> str:
    """The condition, on the column itself, so that an index on it is used."""
    if isinstance(bound, int):
        return f"{cursor.name} >= {bound} OR {cursor.name} IS NULL"
    moment = f"TIMESTAMPTZ {literal(bound.astimezone(UTC).isoformat())}"
    if "with time zone" not in cursor.kind:
        # By the clock on the wall, which is what goes back.
        fold = f"interval '{_fold(cursor).total_seconds():.0f} seconds'"
        moment = f"{moment} AT TIME ZONE {literal(cursor.column.timezone)} - {fold}"
    kind = "date" if cursor.kind == "date" else "timestamp"
    typed = moment if "with time zone" in cursor.kind else f"({moment})::{kind}"
    return f"{cursor.name} >= {typed} OR {cursor.name} IS NULL OR NOT isfinite({cursor.name})"


def _split(table: Table, relation: Relation) -> Range | None:
    if table.load.split is None:
        return None
    name = _source_name(table, table.load.split.column)
    return Range(quoted(name), is_whole(relation.types[name]), table.load.split.parts)


def _source_name(table: Table, name: str) -> str:
    return next(column.source_field for column in table.columns if column.name == name)


def _value(cursor: _Cursor, text: str) -> datetime | int:
    return int(text) if cursor.whole else datetime.fromisoformat(text)


def _bring(read: _Read) -> TableMetrics:
    """Reads a table and adds what raw does not hold, in one commit.

    Where another run was first, what it brought is looked at, too, before the rest is added.
    """
    plans = chain([read], (_plan(read.run, read.snapshot, read.table) for _ in count()))
    try:
        return again_on_conflict(lambda: _bring_once(next(plans)))
    except (PySparkException, Py4JJavaError) as error:
        raise _told(read, error) from error


def _bring_once(read: _Read) -> TableMetrics:
    run, table = read.run, read.table
    key = layout.raw_table(run.pipeline.name, table.name)
    counted = Observation()
    rows = _rows(read).observe(counted, F.count(F.lit(1)).alias("rows"))
    new = _stamped(read, _unknown(read, rows, key))
    arrived = F.col("_ingested_at")
    later = arrived > F.lit(read.state.ingested_at) if read.state else arrived.isNotNull()
    written = run.versioned.append(new, key, BY_DATE, later=later, seen=read.seen)
    return {
        "name": table.name,
        "rows_in": counted.get["rows"],
        "rows_out": written.rows,
        "bytes": written.bytes,
    }


def _rows(read: _Read) -> DataFrame:
    """The source's rows, each value as the text that PostgreSQL makes of it, and `_cursor`."""
    columns = {name: f"{quoted(name)}::text" for name in read.relation.types}
    columns["_cursor"] = f"({read.cursor.sql})::text" if read.cursor else "NULL::text"
    if read.split:
        columns["_split"] = read.split.expression
    rows = read.snapshot.read(read.relation.select(columns, read.since or ""), read.split)
    return rows.drop("_split").withColumn("_cursor", _typed_cursor(read))


def _typed_cursor(read: _Read) -> SparkColumn:
    """When a row was changed, as far as its source says so.

    A row without a cursor counts as changed when the newest one was: what comes later is newer. Where all is read and
    there is no cursor, it is the run's day, which never goes back.
    """
    if read.cursor is None:
        day = datetime.fromisoformat(read.run.partition).replace(tzinfo=UTC)
        before = read.state.cursor if read.state else None
        latest = max(day, before) if isinstance(before, datetime) else day
        return F.lit(latest).cast("timestamp")
    kind = read.cursor.spark_type
    return F.coalesce(F.col("_cursor").cast(kind), F.lit(read.cursor.newest).cast(kind))


def _unknown(read: _Read, rows: DataFrame, key: str) -> DataFrame:
    """What of the rows raw does not hold yet, and the keys that are gone, marked by `_removed`."""
    alive = rows.withColumn("_removed", F.lit(False))
    if read.state is None:
        return alive
    # As it was: it is given the source's new columns before any of this is read, which Spark refuses otherwise.
    raw = (read.seen and read.run.versioned.read_at(key, read.seen)) or read.run.versioned.read(key)
    reloading = read.generation > read.state.generation
    if not reloading and (read.keys or read.cursor):
        alive = unknown_versions(alive, _known(read, raw), read.keys)
    follows = read.table.load.deletes == "snapshot" or (reloading and read.table.load.marks_deletes)
    if not (follows and read.keys):
        return alive
    present = read.snapshot.read(read.relation.select({name: f"{quoted(name)}::text" for name in read.keys}))
    lost = gone(raw, present, read.keys)
    latest = _typed_cursor(read) if read.cursor is None else F.lit(read.cursor.newest)
    kind = raw.schema["_cursor"].dataType
    marked = lost.withColumns(
        {"_removed": F.lit(True), "_cursor": F.greatest(F.col("_cursor"), latest.cast(kind))}
    )
    own = [name for name in OWN_COLUMNS if name not in ("_cursor", "_removed")]
    return alive.unionByName(marked.drop(*own), allowMissingColumns=True)


def _known(read: _Read, raw: DataFrame) -> DataFrame:
    """The versions that could be the same as what is read."""
    current = raw.where(F.col("_generation") == read.generation)
    if read.cursor is None:
        return newest(current, read.keys)
    if read.known_since is None:
        return current
    kind = raw.schema["_cursor"].dataType
    recent = F.col("_cursor") >= F.lit(read.known_since).cast(kind)
    name = read.cursor.column.source_field
    # What has no cursor is read each time, whenever it came.
    return current.where(recent | F.col(name).isNull() | F.col(name).contains("infinity"))


def _stamped(read: _Read, rows: DataFrame) -> DataFrame:
    """The rows with where they came from, and each of the source's columns with its type as a comment."""
    now = datetime.now(UTC)
    # A clock that is set back must not make what comes later look older.
    arrived = max(now, read.state.ingested_at + _TICK) if read.state else now
    absent = [
        column.source_field for column in read.table.read if column.source_field not in read.relation.types
    ]
    typed = [
        F.col(name).alias(name, metadata={"comment": read.relation.types[name]})
        if name in read.relation.types
        else F.col(name)
        for name in rows.columns
        if name not in OWN_COLUMNS
    ]
    return rows.select(
        *typed,
        F.lit(read.run.run_id).alias("_run_id"),
        F.lit(arrived).cast("timestamp").alias("_ingested_at"),
        F.lit(read.run.partition).cast("date").alias("ingest_date"),
        "_cursor",
        "_removed",
        F.lit(read.generation).alias("_generation"),
        F.lit(", ".join(absent) or None).cast("string").alias("_absent"),
    )


def _told(read: _Read, error: Exception) -> Exception:
    """What the database said while it was read; any other error is as it was."""
    said = next((line for line in str(error).splitlines() if "PSQLException: " in line), None)
    where = f"{read.run.pipeline.at(read.table.line)}: table {read.table.name}: {read.snapshot.where}"
    if said:
        return UserError(f"{where}: {said.split('PSQLException: ', 1)[1]}")
    told = sql_error(error)
    return UserError(f"{where}: {told}") if told else error


if __name__ == "__main__":
    sys.exit(main("raw", make_raw))
