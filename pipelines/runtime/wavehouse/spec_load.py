"""What a table's `load` says: how much is read each run, and how deleted rows are noticed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Literal, cast

if TYPE_CHECKING:
    from wavehouse.yaml_node import YamlNode

Deletes = Literal["soft", "snapshot", "ignore"]

_DURATION = re.compile(r"([1-9][0-9]*)([smhd])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


@dataclass(frozen=True)
class Split:
    """How a read is split: on which column, into how many parts."""

    column: str
    parts: int


@dataclass(frozen=True)
class Load:
    """How a table is read. Without a `cursor` all of it is."""

    cursor: str | None = None
    lag: timedelta = timedelta()
    deletes: Deletes = "ignore"
    deleted_column: str | None = None
    split: Split | None = None

    @property
    def marks_deletes(self) -> bool:
        """Whether silver tells deleted rows apart."""
        return self.deletes != "ignore"


def read_load(node: YamlNode | None) -> Load:
    """Reads `load`; all of the table where there is none. Throws UserError at what is not of its form."""
    if node is None:
        return Load()
    mode = node.need("mode").one_of("full", "incremental")
    deletes = node.get("deletes")
    lag = node.get("lag")
    split = node.get("split")
    kind = deletes.need("mode").one_of("soft", "snapshot", "ignore") if deletes else "ignore"
    return Load(
        cursor=node.need("cursor").text() if mode == "incremental" else None,
        lag=_duration(lag) if lag else timedelta(),
        deletes=cast("Deletes", kind),
        deleted_column=deletes.need("column").text() if deletes and kind == "soft" else None,
        split=Split(split.need("column").text(), split.need("parts").integer()) if split else None,
    )


def _duration(node: YamlNode) -> timedelta:
    found = _DURATION.fullmatch(node.text())
    if found is None:
        raise node.fault(f"expected a length of time such as 15m, found {node.text()!r}")
    return timedelta(**{_UNITS[found[2]]: int(found[1])})
