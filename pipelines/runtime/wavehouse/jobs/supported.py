"""What a pipeline may declare and these jobs cannot do: refused before anything runs, never left out silently."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from wavehouse.errors import UserError
from wavehouse.spec_pii import GENERALISE_NUMBER

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wavehouse.spec import Column, Mart, Pipeline, Table
    from wavehouse.spec_partition import PartitionField

_FORMATS = ("delta", "iceberg")
_NUMBERS = ("tinyint", "smallint", "int", "bigint", "float", "double")
_SCALAR = re.compile(
    r"string|boolean|tinyint|smallint|int|bigint|float|double|decimal\(\d+, ?\d+\)|date|timestamp(_ntz)?"
)


def require_supported(pipeline: Pipeline) -> None:
    """Throws UserError that lists, with their lines, the declarations that this version cannot run."""
    found = [f"{pipeline.at(line)}: {what}" for line, what in _unsupported(pipeline)]
    if found:
        raise UserError("this version of the jobs cannot run:\n" + "\n".join(f"  {item}" for item in found))


def _unsupported(pipeline: Pipeline) -> Iterator[tuple[int, str]]:
    if pipeline.storage.format not in _FORMATS:
        yield (
            pipeline.storage.line,
            f"spec.storage.format: {pipeline.storage.format} ({' or '.join(_FORMATS)})",
        )
    for source in pipeline.sources.values():
        if source.is_database and pipeline.storage.format != "iceberg":
            yield source.line, f"source {source.name}: a database, with tables that are not iceberg's"
        if source.settings.get("records"):
            yield source.line, f"source {source.name}: records: a list inside the answer"
    for table in pipeline.tables:
        yield from _unsupported_in_table(pipeline, table)
    for mart in pipeline.marts:
        yield from _unsupported_in_mart(pipeline, mart)


def _unsupported_in_table(pipeline: Pipeline, table: Table) -> Iterator[tuple[int, str]]:
    where = f"table {table.name}"
    if table.write == "scd2" and not pipeline.is_raw(table):
        yield table.line, f"{where}: write: scd2 of what does not come from a database"
    if "explode" in table.settings:
        yield table.line, f"{where}: explode"
    if _has_transform(pipeline, table.partitions):
        yield table.line, f"{where}: partitionBy with a transform (Delta has plain columns only)"
    for column in (found for found in table.columns if not found.deprecated):
        yield from _unsupported_in_column(where, column)


def _unsupported_in_column(where: str, column: Column) -> Iterator[tuple[int, str]]:
    pii = column.pii
    if pii and pii.method in {"hash", "partial"} and column.type != "string":
        yield (
            column.line,
            f"{where}: column {column.name}: pii: {pii.method} of a {column.type} (strings only)",
        )
    if pii and pii.method == "generalise" and not _can_generalise(column.type, pii.to):
        yield column.line, f"{where}: column {column.name}: pii: a {column.type} to its {pii.to}"
    if pii and column.expression is not None:
        yield column.line, f"{where}: column {column.name}: pii of an expression (mask what it is made of)"
    if "." in column.source_field:
        yield column.line, f"{where}: column {column.name}: from a nested field"
    if not _SCALAR.fullmatch(column.type):
        yield column.line, f"{where}: column {column.name}: type {column.type}"


def _unsupported_in_mart(pipeline: Pipeline, mart: Mart) -> Iterator[tuple[int, str]]:
    where = f"mart {mart.name}"
    if mart.sql is None:
        yield mart.line, f"{where}: made by something else than a SQL file"
    if any(rule.severity == "quarantine" for rule in mart.quality):
        yield mart.line, f"{where}: quality of severity quarantine (a mart's rows cannot wait: warn or fail)"
    if _has_transform(pipeline, mart.partitions):
        yield mart.line, f"{where}: partitionBy with a transform (Delta has plain columns only)"


def _has_transform(pipeline: Pipeline, fields: tuple[PartitionField, ...]) -> bool:
    return pipeline.storage.format == "delta" and any(field.transform != "identity" for field in fields)


def _can_generalise(kind: str, to: str) -> bool:
    if to in GENERALISE_NUMBER:
        return kind in _NUMBERS or kind.startswith("decimal")
    return kind in {"date", "timestamp", "timestamp_ntz"}
