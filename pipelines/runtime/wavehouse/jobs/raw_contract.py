"""What a pipeline declares of a source's columns, held against those that the source has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wavehouse.errors import UserError

if TYPE_CHECKING:
    from wavehouse.jobs.command import Run
    from wavehouse.jobs.postgres import Relation
    from wavehouse.spec import Table


def check_columns(run: Run, table: Table, relation: Relation) -> None:
    """Throws UserError where the contract freezes the columns and they are others, or what the read needs is gone."""
    where = f"{run.pipeline.at(table.line)}: table {table.name}"
    needed = {*table.keys, table.load.cursor, table.load.deleted_column}
    needed |= {table.load.split.column} if table.load.split else set()
    for column in table.columns:
        if column.expression is None and column.name in needed and column.source_field not in relation.types:
            raise UserError(
                f"{run.pipeline.at(column.line)}: table {table.name}: the source has no column {column.source_field}, "
                "which the load or the keys need: mend `from`, or choose another column"
            )
    declared = {column.source_field for column in table.columns if column.expression is None}
    new = sorted(relation.types.keys() - declared)
    if new and table.new_columns == "freeze":
        raise UserError(
            f"{where}: the source has a new column {new[0]} ({relation.types[new[0]]}){_more(new)}, and "
            "contract.newColumns is freeze: declare it (deprecated: true to leave it out), or let newColumns be "
            "evolve or quarantine"
        )
    missing = [column for column in table.read if column.source_field not in relation.types]
    if missing and table.missing_columns == "freeze":
        names = [column.source_field for column in missing]
        raise UserError(
            f"{run.pipeline.at(missing[0].line)}: table {table.name}: the source no longer has the column "
            f"{names[0]}{_more(names)}, and contract.missingColumns is freeze: mark it deprecated, or let "
            "missingColumns be evolve or quarantine"
        )


def _more(names: list[str]) -> str:
    return f" and {len(names) - 1} more" if len(names) > 1 else ""
