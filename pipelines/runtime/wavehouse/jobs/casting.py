"""From a record's text to a declared column, and what is said where the text does not fit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F  # noqa: N812

if TYPE_CHECKING:
    from pyspark.sql import Column as SparkColumn

    from wavehouse.spec import Column

#: Unicode's white space, and the byte order mark. Joiners and direction marks stay: they belong to the text.
_SPACES = (
    " \t\n\v\f\r\x1c\x1d\x1e\x1f\x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009"
    "\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"
)

#: What Spark's own cast would take and nobody means: `NaN`, `1d`, a hexadecimal float, a bare year or time.
_NUMBER = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$"
_DAY = r"^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}"

#: Characters of a refused value that its reason shows; bronze has the whole.
_SHOWN = 100


def source_text(column: Column) -> SparkColumn:
    """The text of a column in `_record`: trimmed as declared, null where nothing is left."""
    text = F.col("_record")[column.source_field]
    if column.trim:
        text = F.btrim(text, F.lit(_SPACES))
    if column.case != "keep":
        text = F.lower(text) if column.case == "lower" else F.upper(text)
    return F.when(F.length(text) > 0, text)


def typed(text: SparkColumn, type_name: str) -> SparkColumn:
    """The text as a value of the type; null where it is not one."""
    if type_name == "string":
        return text
    value = text.try_cast(type_name)
    if type_name in {"float", "double"}:
        # Beyond the type's range the cast gives infinity.
        finite = text.rlike(_NUMBER) & (F.abs(value) < F.lit(float("inf")))
        return F.when(finite, value)
    if type_name in {"date", "timestamp", "timestamp_ntz"}:
        return F.when(text.rlike(_DAY), value)
    return value


def type_fault(column: Column, text: SparkColumn, value: SparkColumn) -> SparkColumn:
    """A fault (rule, reason) where there is a text and no value; null elsewhere."""
    shown = F.when(F.length(text) > _SHOWN, F.concat(F.left(text, F.lit(_SHOWN)), F.lit("…"))).otherwise(text)
    reason = F.concat(F.lit(f"{column.name}: '"), shown, F.lit(f"' is not a {column.type}"))
    return F.when(text.isNotNull() & value.isNull(), fault(type_rule(column), reason))


def fault(rule: str, reason: SparkColumn) -> SparkColumn:
    """Why a row cannot be published, as staging carries it."""
    return F.struct(F.lit(rule).alias("rule"), reason.alias("reason"))


def type_rule(column: Column) -> str:
    """Name of the rule that a column's values are of its type."""
    return f"type:{column.name}"
