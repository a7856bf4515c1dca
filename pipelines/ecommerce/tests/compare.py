"""Rows of Spark's and of PostgreSQL's, compared value by value."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from pyspark.sql import functions as F  # noqa: N812

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pyspark.sql import DataFrame

_SHOWN = 3


def require_same(name: str, found: DataFrame, expected: Iterable[Mapping[str, Any]]) -> int:
    """Throws AssertionError that shows the first rows that only one of the two has. Returns how many rows there are.

    Columns that PostgreSQL does not make (the runtime's own) are not looked at; one that Spark has not is null in it.
    """
    wanted = [dict(row) for row in expected]
    columns = list(wanted[0]) if wanted else []
    moments = {name for name, kind in found.dtypes if kind == "timestamp"}
    # What Python makes of a timestamp depends on where it runs: Spark writes it, in the session's zone, which is UTC.
    selected = found.select(
        *[
            F.date_format(name, "yyyy-MM-dd HH:mm:ss.SSSSSS").alias(name) if name in moments else F.col(name)
            for name in columns
            if name in found.columns
        ]
    )
    theirs = Counter(_line({column: row.get(column) for column in columns}, moments) for row in wanted)
    mine = Counter(
        _line({column: row.asDict().get(column) for column in columns}, moments) for row in selected.collect()
    )
    if mine != theirs:
        raise AssertionError(
            f"{name}: {mine.total()} rows of {theirs.total()}\n"
            + _shown("only Spark has", mine - theirs)
            + _shown("only PostgreSQL has", theirs - mine)
        )
    return mine.total()


def _line(row: Mapping[str, Any], moments: set[str]) -> str:
    return json.dumps({key: _plain(value, key in moments) for key, value in row.items()}, ensure_ascii=False)


def _plain(value: Any, is_moment: bool) -> Any:
    if isinstance(value, str) and is_moment:
        value = datetime.fromisoformat(value)
    if isinstance(value, datetime):
        moment = value if value.tzinfo else value.replace(tzinfo=UTC)
        return moment.astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value


def _shown(title: str, rows: Counter[str]) -> str:
    lines = "\n".join(f"    {row}" for row in sorted(rows)[:_SHOWN])
    return f"  {title} {rows.total()}:\n{lines}\n"
