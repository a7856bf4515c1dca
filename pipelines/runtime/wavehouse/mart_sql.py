"""Which tables a mart's SQL reads. Nothing here needs Spark: the DAGs are made of it too."""

from __future__ import annotations

import re

#: What may hold any words: a quoted name, a text, a comment. Whichever begins first holds what would begin another.
_QUOTED = re.compile(
    r"""(?P<name>`[^`]*`)|'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|--[^\n]*|/\*.*?\*/""", re.DOTALL
)


def reads(sql: str, layer: str, name: str) -> bool:
    """Whether SQL names the table `<layer>.<name>`, a catalog before it or not, outside of texts and comments."""
    pattern = rf"(?<![\w`])`?{layer}`?\s*\.\s*`?{name}\b"
    names_alone = _QUOTED.sub(lambda found: found["name"] or " ", sql)
    return re.search(pattern, names_alone, re.IGNORECASE) is not None
