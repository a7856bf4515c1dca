"""What `partitionBy` says: a column, or a transform of one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wavehouse.yaml_node import YamlNode

_TRANSFORMS = ("identity", "year", "month", "day", "hour", "bucket", "truncate")
_WITH_WIDTH = ("bucket", "truncate")


@dataclass(frozen=True)
class PartitionField:
    """One level of partitions: a column, what is made of its value, and the width that some transforms have."""

    column: str
    transform: str = "identity"
    width: int = 0


#: How what belongs to a run is split.
BY_DATE = (PartitionField("ingest_date"),)


def read_partitions(node: YamlNode | None, known: set[str] | None) -> tuple[PartitionField, ...]:
    """Reads `partitionBy`. Throws UserError at what is not of its form, and at a column that is not `known`."""
    return tuple(_field(item, known) for item in node.items()) if node else ()


def _field(node: YamlNode, known: set[str] | None) -> PartitionField:
    plain = isinstance(node.value, str)
    column = node if plain else node.need("column")
    if known is not None and column.text() not in known:
        raise column.fault(f"no such column: {column.text()} (there are: {', '.join(sorted(known))})")
    if plain:
        return PartitionField(column.text())
    transform = node.need("transform").one_of(*_TRANSFORMS)
    width = node.need("width").integer() if transform in _WITH_WIDTH else 0
    return PartitionField(column.text(), transform, width)
