"""Versions of a row to its history (scd2): what held, and from when to when."""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import TYPE_CHECKING

from pyspark.sql import Window
from pyspark.sql import functions as F  # noqa: N812

from wavehouse.spec import DELETED, IS_CURRENT, VALID_FROM, VALID_TO

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyspark.sql import Column as SparkColumn
    from pyspark.sql import DataFrame

    from wavehouse.spec import Table

#: The columns that a history has beside those of its versions.
HISTORY_COLUMNS = (VALID_FROM, VALID_TO, IS_CURRENT)


def make_history(versions: DataFrame, table: Table) -> DataFrame:
    """One row for each time that a key's `history` columns held, of all the versions of the keys.

    Versions have `_version`; the rows have the newest version's other columns, and HISTORY_COLUMNS. A delete ends the
    row before it, and marks it; where there is none, it is a row that never held. Of versions at one moment the last
    counts, and a new generation forgets what the older ones knew of the time after it began.
    """
    keys = list(table.keys)
    followed = table.load.marks_deletes
    deleted = F.col(DELETED) if followed else F.lit(False)
    tracked = [name for name in (table.history or _all_but(table, keys)) if name in versions.columns]
    of_key = Window.partitionBy(*keys)
    in_order = of_key.orderBy("_version.cursor")
    # Of a window's order by generation, what comes before the current row's own are the newer generations.
    newer = of_key.orderBy(F.col("_version.generation").desc()).rangeBetween(Window.unboundedPreceding, -1)
    at_once = Window.partitionBy(*keys, "_version.cursor").orderBy(F.col("_version").desc())
    kept = (
        versions.withColumn("_superseded", F.min("_version.cursor").over(newer))
        .where(F.col("_superseded").isNull() | (F.col("_version.cursor") < F.col("_superseded")))
        .withColumn("_place", F.row_number().over(at_once))
        .where("_place = 1")
        .withColumn("_gone", deleted)
    )
    changed = reduce(
        or_,
        [~F.col(f"`{name}`").eqNullSafe(F.lag(f"`{name}`").over(in_order)) for name in (*tracked, "_gone")],
    )
    # A delete does not begin anything: it belongs to the row that it ends.
    begins = F.row_number().over(in_order).eqNullSafe(1) | (changed & ~F.col("_gone"))
    grouped = kept.withColumn("_begins", begins).withColumn(
        "_group", F.sum(F.col("_begins").cast("int")).over(in_order)
    )
    values = [name for name in versions.columns if name not in keys]
    first_gone = F.min(F.when(F.col("_gone"), F.col("_version.cursor")))
    rows = grouped.groupBy(*keys, "_group").agg(
        F.max_by(F.struct(*[F.col(f"`{name}`") for name in values]), F.col("_version")).alias("_last"),
        # What a delete came with is not what held.
        F.max_by(
            F.struct(*[F.col(f"`{name}`") for name in tracked]), F.when(~F.col("_gone"), F.col("_version"))
        ).alias("_held"),
        F.min("_version.cursor").alias(VALID_FROM),
        first_gone.alias("_ended"),
    )
    following = F.lead(VALID_FROM).over(of_key.orderBy("_group"))
    valid_to = F.coalesce(F.col("_ended"), following)
    return rows.select(
        *keys,
        *[(_held(name) if name in tracked else F.col(f"_last.{name}")).alias(name) for name in values],
        VALID_FROM,
        valid_to.alias(VALID_TO),
        valid_to.isNull().alias(IS_CURRENT),
    )


def _held(name: str) -> SparkColumn:
    last = F.col(f"_last.{name}")
    return F.when(F.col("_held").isNull(), last).otherwise(F.col(f"_held.{name}"))


def _all_but(table: Table, keys: Sequence[str]) -> list[str]:
    """Every column that can change. The cursor changes with any of them, and tells nothing by itself."""
    return [column.name for column in table.kept if column.name not in (*keys, table.load.cursor)]
