"""Which partition a run is of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from airflow.sdk import Param

from wavehouse.errors import UserError
from wavehouse.layout import checked_partition

if TYPE_CHECKING:
    from collections.abc import Iterable

    from airflow.sdk import Asset, Context

#: The parameter by which a run started by hand says its partition, where its trigger cannot carry a partition key.
INGEST_DATE = "ingest_date"


def ingest_date_param() -> Param:
    """The parameter, for a DAG's `params`."""
    return Param(
        None,
        type=["null", "string"],
        pattern=r"^\d{4}-\d{2}-\d{2}$",
        description="The day to run, YYYY-MM-DD; without it, the run's partition key.",
    )


def partition_of(context: Context, *, default_today: bool = False) -> str:
    """The run's partition key: the one that Airflow carries, or the parameter of a run started by hand.

    `default_today` takes the day of the run where neither is there. Throws UserError when there is none, when it is
    no day, or when the two differ.
    """
    run = cast("Any", context["dag_run"])
    given = context["params"].get(INGEST_DATE)
    if run.partition_key and given and run.partition_key != given:
        raise UserError(
            f"the run's partition key is {run.partition_key}, but its parameter {INGEST_DATE} says {given}: "
            "give one of them"
        )
    found = run.partition_key or given
    if not found and default_today:
        found = f"{run.run_after:%Y-%m-%d}"
    if not found:
        raise UserError(
            f"which partition? Start the run with a partition key, or with the parameter {INGEST_DATE}"
        )
    return checked_partition(str(found))


def emit_partition(context: Context, assets: Iterable[Asset], partition: str) -> None:
    """Makes a task's Asset events carry the partition even where the run itself has no partition key."""
    if not cast("Any", context["dag_run"]).partition_key:
        for asset in assets:
            context["outlet_events"][asset].add_partitions(partition)
