"""Types of columns, in a run and in the table that it writes to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wavehouse.errors import UserError

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


def require_same_types(rows: DataFrame, stored: DataFrame, where: str) -> None:
    """Throws UserError when a column has another type in the table: a format would say so with a Java stack."""
    types = {field.name: field.dataType for field in stored.schema}
    for field in rows.schema:
        found = types.get(field.name)
        if found is not None and found.simpleString() != field.dataType.simpleString():
            raise UserError(
                f"{where}: column {field.name} is {found.simpleString()} in the table and "
                f"{field.dataType.simpleString()} in the run: keep the type in pipeline.yaml, "
                "or give the column a new name and load it beside the old one"
            )
