"""The list of pages that makes a bronze partition complete."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, cast

from wavehouse import layout
from wavehouse.errors import UserError

if TYPE_CHECKING:
    from wavehouse.store import Store


@dataclass(frozen=True)
class Page:
    """One file of bronze: path relative to the partition, size, SHA-256 in hex, and how many records."""

    path: str
    bytes: int
    sha256: str
    records: int


@dataclass(frozen=True)
class Manifest:
    """What one run brought from a source, in its order.

    `total` is the count that the source itself told; `seconds` is how long the bringing took.
    """

    pipeline: str
    table: str
    ingest_date: str
    attempt: str
    run_id: str
    source_url: str
    total: int | None
    pages: tuple[Page, ...]
    seconds: float = 0.0

    @property
    def records(self) -> int:
        """Records in all pages."""
        return sum(page.records for page in self.pages)

    @property
    def bytes(self) -> int:
        """Bytes of all pages."""
        return sum(page.bytes for page in self.pages)


def write_manifest(store: Store, manifest: Manifest) -> None:
    """Makes a partition complete: from here on, readers take these pages and no others."""
    key = layout.bronze_manifest(manifest.pipeline, manifest.table, manifest.ingest_date)
    body = {**asdict(manifest), "records": manifest.records, "bytes": manifest.bytes}
    store.write_atomic(key, (json.dumps(body, indent=2, ensure_ascii=False) + "\n").encode())


def read_manifest(store: Store, pipeline: str, table: str, partition: str) -> Manifest:
    """Reads the manifest of a partition.

    Throws UserError when there is none (the ingest did not finish) or when it is not one.
    """
    key = layout.bronze_manifest(pipeline, table, partition)
    try:
        text = store.read(key)
    except FileNotFoundError as error:
        raise UserError(
            f"{store.url(key)}: no manifest: the ingest of {table} for {partition} is not done, run it first"
        ) from error
    try:
        return _manifest(cast("dict[str, Any]", json.loads(text)))
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(
            f"{store.url(key)}: not a manifest ({type(error).__name__}: {error}): ingest {partition} again"
        ) from error


def _manifest(body: dict[str, Any]) -> Manifest:
    pages = tuple(
        Page(
            path=str(page["path"]),
            bytes=int(page["bytes"]),
            sha256=str(page["sha256"]),
            records=int(page["records"]),
        )
        for page in body["pages"]
    )
    return Manifest(
        pipeline=str(body["pipeline"]),
        table=str(body["table"]),
        ingest_date=str(body["ingest_date"]),
        attempt=str(body["attempt"]),
        run_id=str(body["run_id"]),
        source_url=str(body["source_url"]),
        total=None if body.get("total") is None else int(body["total"]),
        pages=pages,
        seconds=float(body.get("seconds", 0)),
    )
