"""Personal data made unreadable, as a column's `pii` says."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, cast

from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812
from pyspark.sql.types import BinaryType, StructField, StructType

from wavehouse.connections import secret
from wavehouse.spec_pii import GENERALISE_NUMBER

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyspark.sql import Column as SparkColumn
    from pyspark.sql import SparkSession

    from wavehouse.spec import Column, Pipeline
    from wavehouse.spec_pii import Pii

_BLOCK = 64
_INNER, _OUTER = 0x36, 0x5C
_STAR = "*"


def hash_keys(pipeline: Pipeline) -> list[str]:
    """The names of the secrets that the pipeline's hashes need."""
    found = {
        column.pii.key
        for table in pipeline.tables
        for column in table.columns
        if column.pii and column.pii.method == "hash"
    }
    return sorted(found)


def mask(rows: DataFrame, columns: Sequence[Column]) -> DataFrame:
    """The rows with each column masked as it declares; what is to be dropped is dropped.

    Throws UserError when the secret of a hash is missing.
    """
    keys = sorted({column.pii.key for column in columns if column.pii and column.pii.method == "hash"})
    masked = rows
    for number, key in enumerate(keys):
        masked = masked.crossJoin(F.broadcast(_pads(rows, key, number)))
    masked = masked.withColumns(
        {
            column.name: _masked(column, column.pii, keys)
            for column in columns
            if column.pii and column.pii.method != "drop"
        }
    )
    dropped = [column.name for column in columns if column.pii and column.pii.method == "drop"]
    pads = [name for number in range(len(keys)) for name in _pad_names(number)]
    return masked.drop(*dropped, *pads)


def _masked(column: Column, pii: Pii, keys: Sequence[str]) -> SparkColumn:
    value = F.col(column.name)
    if pii.method == "hash":
        inner, outer = _pad_names(keys.index(pii.key))
        return _hmac(F.col(inner), F.col(outer), value)
    if pii.method == "partial":
        return _partial(value, pii)
    return _generalised(value, column.type, pii)


def _hmac(inner: SparkColumn, outer: SparkColumn, text: SparkColumn) -> SparkColumn:
    """HMAC-SHA256 (RFC 2104) in hex. Concatenation with null is null, and so a null stays one."""
    first = F.unhex(F.sha2(F.concat(inner, F.encode(text, "utf-8")), 256))
    return F.when(text.isNotNull(), F.sha2(F.concat(outer, first), 256))


def _pads(rows: DataFrame, key: str, number: int) -> DataFrame:
    """One row with the key's two pads: a column's values are in no plan, which logs and Spark's pages show."""
    block = secret(key).encode()
    if len(block) > _BLOCK:
        block = hashlib.sha256(block).digest()
    padded = block.ljust(_BLOCK, b"\0")
    inner, outer = (bytes(byte ^ mark for byte in padded) for mark in (_INNER, _OUTER))
    return _local_row(rows.sparkSession, dict(zip(_pad_names(number), (inner, outer), strict=True)))


def _local_row(spark: SparkSession, values: dict[str, bytes]) -> DataFrame:
    """A row that Java holds: `createDataFrame` would start Python's workers to hand it on."""
    context = cast("Any", spark.sparkContext)
    java = context._jvm  # noqa: SLF001
    cells = context._gateway.new_array(getattr(java, "java.lang.Object"), len(values))  # noqa: SLF001
    for number, value in enumerate(values.values()):
        cells[number] = value
    rows = getattr(java, "java.util.ArrayList")()
    rows.add(getattr(java, "org.apache.spark.sql.RowFactory").create(cells))
    session = cast("Any", spark)._jsparkSession  # noqa: SLF001
    schema = StructType([StructField(name, BinaryType()) for name in values])
    return DataFrame(session.createDataFrame(rows, session.parseDataType(schema.json())), spark)


def _pad_names(number: int) -> tuple[str, str]:
    return f"_pad_{number}_inner", f"_pad_{number}_outer"


def _partial(text: SparkColumn, pii: Pii) -> SparkColumn:
    length = F.length(text)
    hidden = F.repeat(F.lit(_STAR), length - F.lit(pii.keep_first + pii.keep_last))
    parts = [
        F.left(text, F.lit(pii.keep_first)) if pii.keep_first else F.lit(""),
        hidden,
        F.right(text, F.lit(pii.keep_last)) if pii.keep_last else F.lit(""),
    ]
    short = length <= F.lit(pii.keep_first + pii.keep_last)
    return F.when(short, F.repeat(F.lit(_STAR), length)).otherwise(F.concat(*parts))


def _generalised(value: SparkColumn, type_name: str, pii: Pii) -> SparkColumn:
    width = GENERALISE_NUMBER.get(pii.to)
    if width is not None:
        return (F.floor(value / F.lit(width)) * F.lit(width)).cast(type_name)
    if pii.to == "decade":
        year = (F.floor(F.year(value) / F.lit(10)) * F.lit(10)).cast("int")
        return F.make_date(year, F.lit(1), F.lit(1)).cast(type_name)
    return F.date_trunc(pii.to, value).cast(type_name)
