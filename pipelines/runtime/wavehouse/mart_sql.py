"""Which tables a mart's SQL reads. Nothing here needs Spark: the DAGs are made of it too."""

from __future__ import annotations

import re

_COMMENT = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)


def reads(sql: str, layer: str, name: str) -> bool:
    """Whether SQL names the table `<layer>.<name>`, a catalog before it or not, outside of comments."""
    pattern = rf"(?<![\w`])`?{layer}`?\s*\.\s*`?{name}\b"
    return re.search(pattern, _COMMENT.sub(" ", sql), re.IGNORECASE) is not None
