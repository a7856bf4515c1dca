"""From texts as they came to rows as silver holds them: typed, treated by the table's own Python, masked, derived."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pyspark.errors import PySparkException
from pyspark.sql import functions as F  # noqa: N812

from wavehouse.errors import UserError
from wavehouse.jobs.casting import clean_text, type_fault, typed
from wavehouse.jobs.hook import apply_hook
from wavehouse.jobs.masking import mask
from wavehouse.jobs.sql_error import sql_error
from wavehouse.spec import RESERVED_COLUMNS, Column

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pyspark.sql import Column as SparkColumn
    from pyspark.sql import DataFrame

    from wavehouse.spec import Pipeline, Table

NEW_COLUMNS_RULE = "contract:newColumns"
MISSING_COLUMNS_RULE = "contract:missingColumns"

_STORABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}")
_FAULTS_TYPE = "array<struct<rule:string,reason:string>>"


def make_rows(
    pipeline: Pipeline,
    table: Table,
    came: DataFrame,
    text_of: Callable[[Column], SparkColumn],
    *,
    taken: Sequence[Column] = (),
    faults: Sequence[SparkColumn] = (),
    carried: Callable[[dict[str, SparkColumn]], Sequence[SparkColumn]],
) -> DataFrame:
    """Rows with the kept columns, those `taken` beside the declared, what is `carried`, and `_faults`.

    `text_of` gives a column's text in `came`, `faults` are found already, and `carried` makes further columns from the
    typed values by name. Throws UserError for a hook or an expression that cannot be.
    """
    columns = [*table.read, *taken]
    texts = came.select(
        "*", *[clean_text(column, text_of(column)).alias(_text(column)) for column in columns]
    )
    values = {column.name: typed(F.col(_text(column)), column.type, column.timezone) for column in columns}
    found = [
        *faults,
        *[
            type_fault(column, F.col(_text(column)), values[column.name])
            for column in columns
            if column.type != "string"
        ],
    ]
    rows = texts.select(
        *[value.alias(name) for name, value in values.items()],
        *carried(values),
        (F.array_compact(F.array(*found)) if found else F.array()).cast(_FAULTS_TYPE).alias("_faults"),
    )
    own = [name for name in rows.columns if name not in values]
    rows = mask(apply_hook(pipeline, table, rows), table.read)
    for column in table.derived:
        rows = _derive(pipeline, table, column, rows)
    return rows.select(*[column.name for column in (*table.kept, *taken)], *own)


def taken_column(
    pipeline: Pipeline, table: Table, name: str, type_name: str, where: str, others: Sequence[str]
) -> Column:
    """A column that the source has and nobody declared. Throws UserError when its name cannot stand beside the others.

    `where` it was found is for the message; `others` are all the source's names.
    """
    names = {column.name.lower() for column in table.columns} | RESERVED_COLUMNS
    alike = [other for other in others if other.lower() == name.lower() and other != name]
    if not _STORABLE.fullmatch(name) or name.lower() in names or alike:
        raise UserError(
            f"{pipeline.at(table.line)}: table {table.name}: the source has a new column {name!r} "
            f"({where}), a name that cannot be taken as it is: declare a column `from: {name}`"
        )
    return Column(name, type_name, name)


def _derive(pipeline: Pipeline, table: Table, column: Column, rows: DataFrame) -> DataFrame:
    try:
        return rows.withColumn(column.name, F.expr(column.expression or "").cast(column.type))
    except PySparkException as error:
        raise UserError(
            f"{pipeline.at(column.line)}: table {table.name}: column {column.name}: expression "
            f"`{column.expression}`: {sql_error(error) or error}"
        ) from error


def _text(column: Column) -> str:
    return f"_text_{column.name}"
