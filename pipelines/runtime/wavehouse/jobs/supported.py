"""What a pipeline may declare and these jobs cannot do: refused before anything runs, never left out silently."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from wavehouse.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wavehouse.spec import Column, Mart, Pipeline, Table

_SCALAR = re.compile(
    r"string|boolean|tinyint|smallint|int|bigint|float|double|decimal\(\d+, ?\d+\)|date|timestamp(_ntz)?"
)


def require_supported(pipeline: Pipeline) -> None:
    """Throws UserError that lists, with their lines, the declarations that this version cannot run."""
    found = [f"{pipeline.at(line)}: {what}" for line, what in _unsupported(pipeline)]
    if found:
        raise UserError("this version of the jobs cannot run:\n" + "\n".join(f"  {item}" for item in found))


def _unsupported(pipeline: Pipeline) -> Iterator[tuple[int, str]]:
    if pipeline.storage.format != "delta":
        yield pipeline.storage.line, f"spec.storage.format: {pipeline.storage.format} (delta only)"
    for source in pipeline.sources.values():
        if source.settings.get("records"):
            yield source.line, f"source {source.name}: records: a list inside the answer"
    for table in pipeline.tables:
        yield from _unsupported_in_table(table)
    for mart in pipeline.marts:
        yield from _unsupported_in_mart(mart)


def _unsupported_in_table(table: Table) -> Iterator[tuple[int, str]]:
    where = f"table {table.name}"
    if table.write == "scd2":
        yield table.line, f"{where}: write: scd2"
    for key in ("explode", "hook"):
        if key in table.settings:
            yield table.line, f"{where}: {key}"
    if len(table.partition_by) != len(table.settings.get("partitionBy", ())):
        yield table.line, f"{where}: partitionBy with a transform (Delta has plain columns only)"
    for column in table.kept:
        yield from _unsupported_in_column(where, column)


def _unsupported_in_column(where: str, column: Column) -> Iterator[tuple[int, str]]:
    for key in ("expression", "pii"):
        if key in column.settings:
            yield column.line, f"{where}: column {column.name}: {key}"
    if column.settings.get("timezone", "UTC") != "UTC":
        yield column.line, f"{where}: column {column.name}: timezone other than UTC"
    if "." in column.source_field:
        yield column.line, f"{where}: column {column.name}: from a nested field"
    if not _SCALAR.fullmatch(column.type):
        yield column.line, f"{where}: column {column.name}: type {column.type}"


def _unsupported_in_mart(mart: Mart) -> Iterator[tuple[int, str]]:
    where = f"mart {mart.name}"
    if mart.sql is None:
        yield mart.line, f"{where}: made by something else than a SQL file"
    if "quality" in mart.settings:
        yield mart.line, f"{where}: quality"
    if "partitionBy" in mart.settings:
        yield mart.line, f"{where}: partitionBy"
