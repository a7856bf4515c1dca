"""What maintenance asks of a table format."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True)
class Compacted:
    """How many files were put together, into how many, of how many bytes."""

    files_before: int
    files_after: int
    bytes: int


class Upkeep(Protocol):
    """What a table format can do for its tables' files."""

    def compact(self, key: str) -> Compacted:
        """Puts small files together, and takes out the rows that they mark as replaced."""

    def expire(self, key: str, before: datetime) -> int:
        """Forgets what the table was before a moment; what it was last stays. Returns how many files that freed."""

    def remove_orphans(self, key: str, before: datetime) -> int:
        """Removes the files that no table knows and that are older than a moment. Returns how many those were."""
