"""What a pipeline's `maintenance` says: when its tables' files are tidied, and what is kept."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from wavehouse.yaml_node import YamlNode

_DAYS = re.compile(r"([1-9][0-9]{0,3})d")


@dataclass(frozen=True)
class Maintenance:
    """When maintenance runs, how long old snapshots can be read, and how old a file without a table may get.

    `schedule` is as the file has it: a text, or a mapping. Both lengths are a day at least, which no job reaches.
    """

    schedule: str | dict[str, Any] = "@weekly"
    keep_snapshots: timedelta = timedelta(days=7)
    keep_orphans: timedelta = timedelta(days=3)


def read_maintenance(node: YamlNode | None) -> Maintenance | None:
    """Reads `maintenance`; None where there is none. Throws UserError at what is not of its form."""
    if node is None:
        return None
    schedule = node.get("schedule")
    snapshots, orphans = node.get("keepSnapshots"), node.get("keepOrphans")
    default = Maintenance()
    return Maintenance(
        schedule=_schedule(schedule) if schedule else default.schedule,
        keep_snapshots=_days(snapshots) if snapshots else default.keep_snapshots,
        keep_orphans=_days(orphans) if orphans else default.keep_orphans,
    )


def _schedule(node: YamlNode) -> str | dict[str, Any]:
    return node.text() if isinstance(node.value, str) else cast("dict[str, Any]", node.plain())


def _days(node: YamlNode) -> timedelta:
    found = _DAYS.fullmatch(node.text())
    if found is None:
        raise node.fault(f"expected a number of days such as 7d, found {node.text()!r}")
    return timedelta(days=int(found[1]))
