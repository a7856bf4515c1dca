"""Raw's own columns, and what of a read raw does not hold yet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import reduce
from operator import and_
from typing import TYPE_CHECKING

from pyspark.sql import Window
from pyspark.sql import functions as F  # noqa: N812
from pyspark.sql.types import TimestampType

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyspark.sql import DataFrame, Row

#: What raw adds to the source's columns.
OWN_COLUMNS = ("_run_id", "_ingested_at", "ingest_date", "_cursor", "_removed", "_generation", "_absent")

#: A version's place: the newest is the one with the greatest.
VERSION = ("_generation", "_cursor", "_ingested_at")


@dataclass(frozen=True)
class RawState:
    """What raw holds of a table: its generation, and the newest cursor and arrival in that."""

    generation: int
    cursor: datetime | int | None
    ingested_at: datetime


def read_state(raw: DataFrame) -> RawState | None:
    """Reads what raw holds; None where it is empty. While nothing was reloaded, Iceberg knows it without reading."""
    oldest, found = _read_ends(raw)
    generation = found["generation"]
    if generation is None:
        return None
    if generation != oldest:
        _, found = _read_ends(raw.where(F.col("_generation") == generation))
    # As numbers: what Python makes of a timestamp depends on where it runs.
    is_time = isinstance(raw.schema["_cursor"].dataType, TimestampType)
    reached = _moment(found["cursor"]) if is_time and found["cursor"] is not None else found["cursor"]
    return RawState(generation, reached, _moment(found["ingested_at"]))


def _read_ends(raw: DataFrame) -> tuple[int | None, Row]:
    """The oldest generation; and the newest one, cursor and arrival, times in microseconds."""
    is_time = isinstance(raw.schema["_cursor"].dataType, TimestampType)
    ends = raw.agg(
        F.min("_generation").alias("oldest"),
        F.max("_generation").alias("generation"),
        F.max("_cursor").alias("cursor"),
        F.max("_ingested_at").alias("ingested_at"),
    )
    cursor = F.unix_micros("cursor") if is_time else F.col("cursor")
    row = ends.select(
        "oldest", "generation", cursor.alias("cursor"), F.unix_micros("ingested_at").alias("ingested_at")
    ).collect()[0]
    return row["oldest"], row


def _moment(micros: int) -> datetime:
    return datetime.fromtimestamp(0, UTC) + timedelta(microseconds=micros)


def source_columns(raw: DataFrame) -> list[str]:
    """The columns that came from the source."""
    return [name for name in raw.columns if name not in OWN_COLUMNS]


def newest(raw: DataFrame, keys: Sequence[str]) -> DataFrame:
    """The newest version of each key, deleted ones too."""
    place = F.row_number().over(
        Window.partitionBy(*keys).orderBy(*[F.col(name).desc_nulls_last() for name in VERSION])
    )
    return raw.withColumn("_place", place).where("_place = 1").drop("_place")


def unknown_versions(read: DataFrame, known: DataFrame, keys: Sequence[str]) -> DataFrame:
    """The rows read that are not, with all their values, among the versions that are known and alive."""
    # A column that the source no longer has makes no row another; one that it has only now is null in what is known.
    names = source_columns(read)
    left = read
    right = known.where(~F.col("_removed")).select(
        *[
            (F.col(name) if name in known.columns else F.lit(None).cast("string")).alias(name)
            for name in names
        ]
    )
    if not keys:
        # As many copies of a row as came, less as many as are there.
        copy = F.row_number().over(Window.partitionBy(*names).orderBy(F.lit(1)))
        left, right = left.withColumn("_copy", copy), right.withColumn("_copy", copy)
        names = [*names, "_copy"]
    right = right.select(*[F.col(name).alias(f"_known_{name}") for name in names])
    same = [F.col(key) == F.col(f"_known_{key}") for key in keys]
    same += [F.col(name).eqNullSafe(F.col(f"_known_{name}")) for name in names if name not in keys]
    return left.join(right, on=reduce(and_, same), how="left_anti").select(*read.columns)


def gone(known: DataFrame, present: DataFrame, keys: Sequence[str]) -> DataFrame:
    """The newest versions that are alive in raw and whose keys the source no longer has."""
    alive = newest(known, keys).where(~F.col("_removed"))
    return alive.join(present.select(*keys), on=list(keys), how="left_anti")
