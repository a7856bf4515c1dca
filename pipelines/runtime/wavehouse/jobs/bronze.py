"""Bronze as silver reads it: the pages that the manifest lists, each proved to be what was ingested."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from posixpath import dirname
from typing import TYPE_CHECKING, NoReturn

from pyspark.sql import functions as F  # noqa: N812

from wavehouse import layout
from wavehouse.errors import UserError
from wavehouse.manifest import Manifest, Page, read_manifest

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

    from wavehouse.store import Store


@dataclass(frozen=True)
class Bronze:
    """A complete partition. `fields` maps each field found in its records to where it was found first."""

    manifest: Manifest
    folder: str
    fields: dict[str, str]


def verify_bronze(store: Store, pipeline: str, table: str, partition: str) -> Bronze:
    """Reads every page and holds it against the manifest: size, SHA-256, a list of objects, their count.

    Throws UserError that names the page (and record) where they differ.
    """
    manifest = read_manifest(store, pipeline, table, partition)
    folder = layout.bronze_partition(pipeline, table, partition)
    fields: dict[str, str] = {}
    for page in manifest.pages:
        for index, record in enumerate(_records(store, f"{folder}/{page.path}", page)):
            if not isinstance(record, dict):
                raise UserError(
                    f"{store.url(folder)}/{page.path}[{index}]: expected a JSON object, found {_kind(record)}"
                )
            for name in record.keys() - fields.keys():
                fields[name] = f"{page.path}[{index}]"
    return Bronze(manifest, folder, fields)


def read_records(spark: SparkSession, store: Store, bronze: Bronze) -> DataFrame:
    """The records: `_source_file` (path in the partition), `_source_index` (from 0) and `_record`.

    `_record` is a map of field to text: a text as it is, any other value as its JSON.
    """
    pages = bronze.manifest.pages
    if not pages:
        return spark.createDataFrame([], "_source_file string, _source_index int, _record map<string,string>")
    folders = {dirname(page.path) for page in pages}
    if len(folders) > 1:
        raise UserError(f"{store.url(bronze.folder)}: the manifest lists pages of several attempts")
    # The manifest names every file, so there is nothing to list in parallel.
    spark.conf.set("spark.sql.sources.parallelPartitionDiscovery.threshold", str(len(pages) + 1))
    paths = [f"{store.url(bronze.folder)}/{page.path}" for page in pages]
    text = spark.read.text(paths, wholetext=True)
    path = F.concat(F.lit(folders.pop() + "/"), F.col("_metadata.file_name"))
    listed = text.select(path.alias("_source_file"), F.from_json("value", "array<string>").alias("_list"))
    return listed.select("_source_file", F.posexplode("_list").alias("_source_index", "_text")).select(
        "_source_file",
        "_source_index",
        F.from_json("_text", "map<string,string>").alias("_record"),
    )


def _records(store: Store, key: str, page: Page) -> list[object]:
    where = store.url(key)
    try:
        data = store.read(key)
    except FileNotFoundError as error:
        raise UserError(f"{where}: listed in the manifest but not there: run the ingest again") from error
    if len(data) != page.bytes:
        raise UserError(f"{where}: {len(data)} bytes, but {page.bytes} were ingested: run the ingest again")
    digest = hashlib.sha256(data).hexdigest()
    if digest != page.sha256:
        raise UserError(f"{where}: SHA-256 {digest}, but {page.sha256} was ingested: run the ingest again")
    try:
        records: object = json.loads(data, parse_constant=_refuse_constant)
    except ValueError as error:
        raise UserError(f"{where}: not JSON: {error}") from error
    if not isinstance(records, list):
        raise UserError(f"{where}: expected a JSON list of records, found {_kind(records)}")
    if len(records) != page.records:
        raise UserError(
            f"{where}: {len(records)} records, but {page.records} were ingested: run the ingest again"
        )
    return records


def _refuse_constant(name: str) -> NoReturn:
    """Python's json takes NaN and Infinity, which are not JSON."""
    raise ValueError(f"{name} is not a JSON value")


def _kind(value: object) -> str:
    names = {dict: "an object", list: "a list", str: "a text", bool: "true or false", type(None): "null"}
    return names.get(type(value), "a number")
