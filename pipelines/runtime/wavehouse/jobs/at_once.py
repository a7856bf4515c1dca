"""Several tables at once in one session: while Spark plans one, it works on another."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from wavehouse.jobs.command import Run

Item = TypeVar("Item")
Result = TypeVar("Result")

#: More would only wait, and hold their rows meanwhile.
_MOST = 4


def for_each(run: Run, work: Callable[[Item], Result], items: Iterable[Item]) -> list[Result]:
    """What `work` makes of each item, in the items' order; as many at once as Spark has cores.

    Throws what the first item that fails throws, once what had begun has ended.
    """
    # Opened once, before several would.
    _ = run.tables
    with ThreadPoolExecutor(min(run.spark.sparkContext.defaultParallelism, _MOST)) as pool:
        return list(pool.map(work, items))
