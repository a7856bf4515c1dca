"""What a column's `pii` says: how personal data is masked before silver."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, cast

if TYPE_CHECKING:
    from wavehouse.yaml_node import YamlNode

Method = Literal["hash", "partial", "generalise", "drop"]

GENERALISE_TIME = ("day", "month", "year", "decade")
GENERALISE_NUMBER = {"ten": 10, "hundred": 100, "thousand": 1000}


@dataclass(frozen=True)
class Pii:
    """How a column is masked. `key` names the secret of a hash; `keep_*` are counts of characters."""

    method: Method
    key: str = ""
    keep_first: int = 0
    keep_last: int = 0
    to: str = ""


def read_pii(node: YamlNode | None) -> Pii | None:
    """Reads `pii`. Throws UserError at what is not of its form."""
    if node is None:
        return None
    method = cast("Method", node.need("method").one_of("hash", "partial", "generalise", "drop"))
    first, last = node.get("keepFirst"), node.get("keepLast")
    return Pii(
        method=method,
        key=node.need("key").text() if method == "hash" else "",
        keep_first=first.integer() if first else 0,
        keep_last=last.integer() if last else 0,
        to=node.need("to").one_of(*GENERALISE_TIME, *GENERALISE_NUMBER) if method == "generalise" else "",
    )
