"""Declared and implied rules as Spark expressions, checked one by one so that an error names its rule."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyspark.errors import PySparkException
from pyspark.sql import functions as F  # noqa: N812
from pyspark.sql.types import BooleanType

from wavehouse.errors import UserError
from wavehouse.jobs.casting import type_rule
from wavehouse.jobs.silver import MISSING_COLUMNS_RULE, NEW_COLUMNS_RULE

if TYPE_CHECKING:
    from pyspark.sql import Column as SparkColumn
    from pyspark.sql import DataFrame

    from wavehouse.spec import Pipeline, Severity, Table


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
    found = [type_rule(column) for column in table.kept if column.type != "string"]
    if table.new_columns == "quarantine":
        found.append(NEW_COLUMNS_RULE)
    if table.missing_columns == "quarantine":
        found.append(MISSING_COLUMNS_RULE)
    return [
        *[_staged_check(name, table.line) for name in found],
        *[
            Check(rule.name, rule.severity, _false(rule.condition), F.lit(f"{rule.name} is false"), rule.line)
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


def require_sound(rows: DataFrame, table: Table, pipeline: Pipeline) -> None:
    """Throws UserError, naming rule and line, for a rule that does not parse or is no condition over a row."""
    for rule in table.quality:
        where = f"{pipeline.at(rule.line)}: rule `{rule.condition}` of table {table.name}"
        try:
            field = rows.select(F.expr(rule.condition).alias("held")).schema["held"]
            # Refuses what is not of one row: an aggregate or a window.
            rows.where(F.expr(rule.condition)).schema  # noqa: B018
        except PySparkException as error:
            raise UserError(f"{where}: {brief(error)}") from error
        if not isinstance(field.dataType, BooleanType):
            raise UserError(f"{where}: expected a condition, found a {field.dataType.simpleString()}")


def find_failing(rows: DataFrame, table: Table, pipeline: Pipeline) -> UserError | None:
    """The rule that cannot be evaluated on these rows (a division by zero, a cast), if there is one."""
    for rule in table.quality:
        try:
            rows.where(_false(rule.condition)).count()
        except PySparkException as error:
            return UserError(
                f"{pipeline.at(rule.line)}: rule `{rule.condition}` of table {table.name} cannot be "
                f"evaluated: {brief(error)}"
            )
    return None


def brief(error: PySparkException) -> str:
    """What Spark says, without the plan and the Java stack."""
    text = str(error).strip()
    for end in ("\nJVM stacktrace", ";\n", "\n\n==", "\n== SQL", " SQLSTATE:"):
        text = text.split(end, 1)[0]
    return " ".join(text.split())


def _false(condition: str) -> SparkColumn:
    return ~F.coalesce(F.expr(condition), F.lit(True))


def _staged_check(name: str, line: int) -> Check:
    mine = F.filter("_faults", lambda found: found["rule"] == name)
    return Check(name, "quarantine", F.size(mine) > 0, F.element_at(mine, 1)["reason"], line)
