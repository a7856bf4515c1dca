"""Declared and implied rules as Spark expressions, checked one by one so that an error names its rule."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyspark.errors import PySparkException
from pyspark.sql import functions as F  # noqa: N812
from pyspark.sql.types import BooleanType

from wavehouse.errors import UserError
from wavehouse.jobs.casting import type_rule
from wavehouse.jobs.rows import MISSING_COLUMNS_RULE, NEW_COLUMNS_RULE
from wavehouse.jobs.sql_error import sql_error

if TYPE_CHECKING:
    from pyspark.sql import Column as SparkColumn
    from pyspark.sql import DataFrame

    from wavehouse.spec import Mart, Pipeline, Rule, Severity, Table


#: A rule that asks what time it is would move rows between two runs, even between two queries of one run.
_CLOCK = re.compile(r"\b(now|curdate|current_date|current_timestamp|localtimestamp)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Check:
    """A rule ready to be evaluated: where it is broken (never null), and why, as text."""

    name: str
    severity: Severity
    broken: SparkColumn
    reason: SparkColumn
    line: int


def checks_of(table: Table) -> list[Check]:
    """All checks of a table, in the order in which a row's first reason is sought.

    What silver found (types, contract) comes first: a value that is no number has no range to be out of.
    """
    found = [type_rule(column) for column in table.read if column.is_kept and column.type != "string"]
    if table.new_columns == "quarantine":
        found.append(NEW_COLUMNS_RULE)
    if table.missing_columns == "quarantine":
        found.append(MISSING_COLUMNS_RULE)
    return [
        *[_staged_check(name, table.line) for name in found],
        *[
            Check(
                rule.name, rule.severity, is_false(rule.condition), F.lit(f"{rule.name} is false"), rule.line
            )
            for rule in table.quality
        ],
        # Without a key a row cannot be merged twice with the same end.
        *[
            Check(
                f"key:{key}",
                "quarantine",
                F.col(key).isNull(),
                F.lit(f"{key}: no value, and it is a key"),
                table.line,
            )
            for key in table.keys
        ],
    ]


def require_sound(rows: DataFrame, table: Table | Mart, pipeline: Pipeline) -> None:
    """Throws UserError, naming rule and line, for a rule that does not parse or is no condition over a row."""
    for rule in table.quality:
        fault = _unsound(rows, rule.condition)
        if fault:
            raise _told(pipeline, table, rule, fault)


def find_failing(rows: DataFrame, table: Table | Mart, pipeline: Pipeline) -> UserError | None:
    """The rule that cannot be evaluated on these rows (a division by zero, a cast), if there is one."""
    for rule in table.quality:
        try:
            rows.where(is_false(rule.condition)).count()
        except PySparkException as error:
            return _told(pipeline, table, rule, f"cannot be evaluated: {sql_error(error) or error}")
    return None


def _unsound(rows: DataFrame, condition: str) -> str | None:
    try:
        held = rows.select(F.expr(condition).alias("held")).schema["held"].dataType
        if not isinstance(held, BooleanType):
            return f"expected a condition, found a {held.simpleString()}"
        # A filter takes no aggregate and no window: what is not of one row.
        plan = rows.where(F.expr(condition))._jdf.queryExecution().analyzed()  # noqa: SLF001
    except PySparkException as error:
        return sql_error(error) or str(error)
    if not plan.deterministic() or _CLOCK.search(condition):
        return "gives another answer at each run: compare with ingest_date, not the clock"
    return None


def _told(pipeline: Pipeline, table: Table | Mart, rule: Rule, fault: str) -> UserError:
    return UserError(f"{pipeline.at(rule.line)}: rule `{rule.condition}` of table {table.name}: {fault}")


def is_false(condition: str) -> SparkColumn:
    """Where a condition is broken: null breaks nothing."""
    return ~F.coalesce(F.expr(condition), F.lit(True))


def _staged_check(name: str, line: int) -> Check:
    mine = F.filter("_faults", lambda found: found["rule"] == name)
    return Check(name, "quarantine", F.size(mine) > 0, F.element_at(mine, 1)["reason"], line)
