"""Where everything lies below a bucket. No other file knows these names."""

from __future__ import annotations

import re

from wavehouse.errors import UserError

_PARTITION = re.compile(r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])")
_UNSAFE = re.compile(r"[^A-Za-z0-9._=+:@-]")


def bronze_partition(pipeline: str, table: str, partition: str) -> str:
    """Folder of what one run brought from the source; a manifest's paths are relative to it."""
    return f"bronze/{pipeline}/{table}/ingest_date={checked_partition(partition)}"


def bronze_manifest(pipeline: str, table: str, partition: str) -> str:
    """The list of the partition's pages, written last: without it there is no partition."""
    return f"{bronze_partition(pipeline, table, partition)}/_manifest.json"


def bronze_page(attempt: str, number: int) -> str:
    """Path of a page, relative to its partition. Pages count from 1."""
    return f"attempt={_segment(attempt)}/page-{number:05d}.json"


def raw_table(pipeline: str, table: str) -> str:
    """What came from a database, append-only, partitioned by ingest_date."""
    return f"raw/{pipeline}/{table}"


def staging_table(pipeline: str, table: str) -> str:
    """The silver job's output, partitioned by ingest_date. Not for readers."""
    return f"staging/{pipeline}/{table}"


def silver_table(pipeline: str, table: str) -> str:
    """The published table."""
    return f"silver/{pipeline}/{table}"


def quarantine_table(pipeline: str, table: str) -> str:
    """Rows that broke a rule, partitioned by ingest_date."""
    return f"quarantine/{pipeline}/{table}"


def gold_table(pipeline: str, mart: str) -> str:
    """A mart."""
    return f"gold/{pipeline}/{mart}"


def layer_and_name(key: str) -> tuple[str, str]:
    """A table's layer and name, as SQL says them (`<layer>.<name>`), from its key."""
    layer, _, name = key.split("/")
    return layer, name


def run_folder(pipeline: str, partition: str, run_id: str) -> str:
    """Folder of one run's metrics and report."""
    return f"observability/runs/{pipeline}/ingest_date={checked_partition(partition)}/{_segment(run_id)}"


def step_metrics(pipeline: str, partition: str, run_id: str, step: str) -> str:
    """What one step of a run counted."""
    return f"{run_folder(pipeline, partition, run_id)}/{step}.json"


def run_report(pipeline: str, partition: str, run_id: str) -> str:
    """The report of a whole run."""
    return f"{run_folder(pipeline, partition, run_id)}/report.json"


def checked_partition(partition: str) -> str:
    """The partition key as it was given. Throws UserError when it is not a day."""
    if not _PARTITION.fullmatch(partition):
        raise UserError(f"partition {partition!r}: expected a day, YYYY-MM-DD")
    return partition


def _segment(name: str) -> str:
    """A name that stays one folder on every file system and object store."""
    return _UNSAFE.sub("_", name)
