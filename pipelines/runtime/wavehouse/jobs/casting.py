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
#: A time that says its own zone.
_ZONE = r":[0-9]{2}(\.[0-9]+)?\s*(Z|[A-Za-z/_]+|[+-][0-9]{1,2}(:?[0-9]{2})?)$"

#: Characters of a refused value that its reason shows; bronze has the whole.
_SHOWN = 100


def clean_text(column: Column, text: SparkColumn) -> SparkColumn:
    """The text of a column as it came, trimmed and cased as declared; null where nothing is left."""
    if column.trim:
        text = _trimmed(text)
    if column.case != "keep":
        text = F.lower(text) if column.case == "lower" else F.upper(text)
    return F.when(F.length(text) > 0, text)


def _trimmed(text: SparkColumn) -> SparkColumn:
    """Without the white space around it. Spark looks for each character in the set: most texts need no such look."""
    first, last = text, F.substring(text, -1, 1)
    # Printable ASCII but the blank: texts are ordered by their bytes.
    bare = (first >= "!") & (first < "\x7f") & (last >= "!") & (last < "\x7f")
    return F.when(bare, text).otherwise(F.btrim(text, F.lit(_SPACES)))


def typed(text: SparkColumn, type_name: str, timezone: str = "UTC") -> SparkColumn:
    """The text as a value of the type; null where it is not one. `timezone` is that of a time that says none."""
    if type_name == "string":
        return text
    value = text.try_cast(type_name)
    if type_name in {"float", "double"}:
        # Beyond the type's range the cast gives infinity.
        finite = text.rlike(_NUMBER) & (F.abs(value) < F.lit(float("inf")))
        return F.when(finite, value)
    if type_name in {"date", "timestamp", "timestamp_ntz"}:
        moment = _in_utc(text, value, timezone) if type_name == "timestamp" and timezone != "UTC" else value
        return F.when(_has_day(text), moment)
    return value


def _in_utc(text: SparkColumn, value: SparkColumn, timezone: str) -> SparkColumn:
    """A local time in UTC. One that comes twice, as clocks are set back, is the later, as PostgreSQL takes it too."""
    earlier = F.to_utc_timestamp(value, timezone)
    later = earlier + F.expr("INTERVAL 1 HOUR")
    local = F.when(F.from_utc_timestamp(later, timezone) == value, later).otherwise(earlier)
    return F.when(_has_zone(text), value).otherwise(local)


def _has_day(text: SparkColumn) -> SparkColumn:
    """Of what can be cast to a time: whether it says its day. The usual form is seen without a search."""
    usual = (F.substring(text, 5, 1) == "-") & (F.substring(text, 8, 1) == "-")
    return usual | text.rlike(_DAY)


def _has_zone(text: SparkColumn) -> SparkColumn:
    """Whether a time says its zone; with neither a sign after its day nor a letter at its end it does not."""
    after_day = F.substring(text, 11, 100)
    maybe = (F.substring(text, -1, 1) > "9") | after_day.contains("+") | after_day.contains("-")
    return maybe & text.rlike(_ZONE)


def type_fault(column: Column, text: SparkColumn, value: SparkColumn) -> SparkColumn:
    """A fault (rule, reason) where there is a text and no value; null elsewhere."""
    if column.pii is not None:
        # What must not be seen in silver must not be seen in a reason either.
        hidden = F.lit(f"{column.name}: its value is not a {column.type}")
        return F.when(text.isNotNull() & value.isNull(), fault(type_rule(column), hidden))
    shown = F.when(F.length(text) > _SHOWN, F.concat(F.left(text, F.lit(_SHOWN)), F.lit("…"))).otherwise(text)
    reason = F.concat(F.lit(f"{column.name}: '"), shown, F.lit(f"' is not a {column.type}"))
    return F.when(text.isNotNull() & value.isNull(), fault(type_rule(column), reason))


def fault(rule: str, reason: SparkColumn) -> SparkColumn:
    """Why a row cannot be published, as staging carries it."""
    return F.struct(F.lit(rule).alias("rule"), reason.alias("reason"))


def type_rule(column: Column) -> str:
    """Name of the rule that a column's values are of its type."""
    return f"type:{column.name}"
