"""Airflow's pools that bound the load on databases: one for each connection, made where DAGs are loaded.

A task in a pool that is not there would wait for ever, and only the DAG processor has both the pipelines and Airflow's
database. So it makes them as it starts, and again when a pipeline's file changes.
"""

from __future__ import annotations

import logging
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from airflow.listeners import hookimpl

from wavehouse.errors import UserError
from wavehouse.spec import load_pipeline

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wavehouse.spec import Pipeline

_LOADER = "dag-processor"
_log = logging.getLogger(__name__)
#: Of this process: whether it is the one that loads DAGs, and what pools it made last.
_state: dict[str, dict[str, int] | None] = {"made": None}


@dataclass(frozen=True)
class SourcePool:
    """The pool of a database, and how many of its slots a task takes that reads it."""

    name: str
    slots: int


def source_pool(pipeline: Pipeline) -> SourcePool | None:
    """The pool of the task that reads a pipeline's databases; None where there is none.

    A slot is a connection. Of several databases it is the one that allows fewest, since a task is in one pool only.
    """
    found = [
        SourcePool(f"source_{source.settings['connection']}", int(source.settings.get("maxConnections", 4)))
        for source in pipeline.sources.values()
        if source.is_database
    ]
    return min(found, key=lambda pool: (pool.slots, pool.name), default=None)


def wanted_pools(pipelines: Iterable[Pipeline]) -> dict[str, int]:
    """Slots by pool. Where pipelines read one database, as many as the one that may take most: each fits, not all."""
    wanted: dict[str, int] = {}
    for pool in filter(None, map(source_pool, pipelines)):
        wanted[pool.name] = max(pool.slots, wanted.get(pool.name, 0))
    return wanted


@hookimpl
def on_starting(component: object) -> None:
    """Airflow calls it as a component starts, before the component knows of what kind it is."""
    if type(component).__name__ == "Job" and _LOADER in sys.argv:
        _state["made"] = {}
        folder = os.environ.get("WAVEHOUSE_PIPELINES")
        if folder:
            renew_pools(Path(folder))


def renew_pools(folder: Path) -> None:
    """Makes or changes the pools of the pipelines in a folder, in the process that loads DAGs; nothing in any other."""
    made = _state["made"]
    if made is None:
        return
    wanted = wanted_pools(_readable(folder))
    changed = {name: slots for name, slots in wanted.items() if made.get(name) != slots}
    if not changed:
        return
    from airflow.models.pool import Pool  # noqa: PLC0415  (with Airflow's database; no task has that)

    for name, slots in changed.items():
        Pool.create_or_update_pool(name, slots, "Connections to a database", include_deferred=True)
        _log.info("pool %s: %d slots", name, slots)
    _state["made"] = wanted


def _readable(folder: Path) -> Iterable[Pipeline]:
    """What cannot be read is told where its DAGs are loaded."""
    for file in sorted(folder.glob("*/pipeline.yaml")):
        try:
            yield load_pipeline(file)
        except UserError:
            continue
