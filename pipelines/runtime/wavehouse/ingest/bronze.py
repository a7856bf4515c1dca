"""Brings one partition of a table from its source to bronze: all of it, or nothing that a reader takes for it."""

from __future__ import annotations

import hashlib
import logging
import time
import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from wavehouse import layout
from wavehouse.errors import UserError
from wavehouse.ingest.http import HttpPages, open_client
from wavehouse.ingest.http_source import http_source
from wavehouse.manifest import Manifest, Page, read_manifest, write_manifest

if TYPE_CHECKING:
    from collections.abc import Callable

    from wavehouse.ingest.http_source import HttpSource
    from wavehouse.spec import Pipeline, Table
    from wavehouse.store import Store

log = logging.getLogger(__name__)


def ingest_table(
    pipeline: Pipeline,
    table: Table,
    partition: str,
    run_id: str,
    store: Store,
    sleep: Callable[[float], None] = time.sleep,
) -> Manifest:
    """Writes every page as it came, checks their count against the API's own total, and then the manifest.

    Returns the manifest. Throws UserError when the API fails or the counts differ; then what an earlier run of the
    partition published is still what readers see. `sleep` waits between tries (seconds).
    """
    started = time.monotonic()
    source = http_source(pipeline, table)
    attempt = f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{uuid.uuid4().hex[:8]}"
    prune(store, pipeline.name, table.name, partition)
    with open_client(source) as client:
        api = HttpPages(source, client, sleep)
        before = api.total()
        pages = _write_pages(
            api, store, layout.bronze_partition(pipeline.name, table.name, partition), attempt
        )
        total = _checked_total(api, source, before, pages)
    manifest = Manifest(
        pipeline=pipeline.name,
        table=table.name,
        ingest_date=partition,
        attempt=attempt,
        run_id=run_id,
        source_url=source.url,
        total=total,
        pages=tuple(pages),
        seconds=round(time.monotonic() - started, 3),
    )
    write_manifest(store, manifest)
    log.info("%s: %d records in %d pages, %d bytes", source.url, manifest.records, len(pages), manifest.bytes)
    return manifest


def prune(store: Store, pipeline: str, table: str, partition: str) -> None:
    """Removes the attempts at a partition that its manifest does not name: what failed runs left behind."""
    folder = layout.bronze_partition(pipeline, table, partition)
    kept = _published_attempt(store, pipeline, table, partition)
    found = {key[len(folder) + 1 :].split("/", 1)[0] for key in store.list(folder)}
    for name in sorted(found):
        if name.startswith("attempt=") and name != kept:
            log.info("removing %s, which no manifest names", store.url(f"{folder}/{name}"))
            store.delete(f"{folder}/{name}")


def _published_attempt(store: Store, pipeline: str, table: str, partition: str) -> str | None:
    try:
        manifest = read_manifest(store, pipeline, table, partition)
    except UserError:
        # None yet, or one that no reader accepts either.
        return None
    return layout.bronze_page(manifest.attempt, 1).split("/", 1)[0]


def _write_pages(api: HttpPages, store: Store, folder: str, attempt: str) -> list[Page]:
    """An empty last page is not kept, unless it is the only one: then the partition is truly empty."""
    written: list[Page] = []
    for page in api.pages():
        if page.records == 0 and written:
            break
        path = layout.bronze_page(attempt, len(written) + 1)
        store.write_atomic(f"{folder}/{path}", page.body)
        written.append(Page(path, len(page.body), hashlib.sha256(page.body).hexdigest(), page.records))
        log.info("page %d: %d records, %d bytes", page.number, page.records, len(page.body))
    return written


def _checked_total(api: HttpPages, source: HttpSource, before: int | None, pages: list[Page]) -> int | None:
    """The total that the pages reach. It may have moved while they were read, so it is asked for once more."""
    count = sum(page.records for page in pages)
    if before is None or before == count:
        return before
    after = api.total()
    if after == count:
        return after
    said = f"{before}" if after == before else f"{before} before the pages and {after} after them"
    last = pages[-1]
    raise UserError(
        f"{source.url}: the API counts {said} ({source.total_url}), but its pages 1 to {len(pages)} brought {count} "
        f"records, the last of them {last.records}: the API stopped early or changed meanwhile. Nothing was "
        "published; run the ingest again, and if the numbers stay apart, look at `pages` and `total` of the source"
    )
