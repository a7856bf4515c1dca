"""The tasks that Airflow runs itself."""

from __future__ import annotations

import os
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from airflow.sdk import get_current_context

from wavehouse import report
from wavehouse.dags.partition import emit_partition, partition_of
from wavehouse.dags.run_images import RunImages
from wavehouse.errors import UserError
from wavehouse.ingest.bronze import ingest_table
from wavehouse.manifest import read_manifest
from wavehouse.spec import load_pipeline
from wavehouse.store import Store

if TYPE_CHECKING:
    from wavehouse.manifest import Manifest
    from wavehouse.report import Status

CODE_VERSION_VARIABLE = "WAVEHOUSE_CODE_VERSION"


def ingest_to_bronze(pipeline_file: str, table_name: str) -> dict[str, Any]:
    """Brings a table's partition to bronze; Airflow emits its Asset after that, and only then.

    Returns what was brought, for XCom. Throws UserError when the API fails or its total does not match.
    """
    context = get_current_context()
    pipeline = load_pipeline(Path(pipeline_file))
    table = next(table for table in pipeline.tables if table.name == table_name)
    partition = partition_of(context, default_today=True)
    run_id = cast("Any", context["dag_run"]).run_id
    manifest = ingest_table(pipeline, table, partition, run_id, Store.open(pipeline.storage.bucket))
    emit_partition(context, cast("Any", context["task"]).outlets, partition)
    return {
        "partition": partition,
        "records": manifest.records,
        "bytes": manifest.bytes,
        "pages": len(manifest.pages),
    }


def write_report(pipeline_name: str, steps: list[str], bucket: str, tables: list[str]) -> dict[str, Any]:
    """Makes the run's report of what its steps counted, and says how the run ended."""
    context = get_current_context()
    run = cast("Any", context["dag_run"])
    instance = cast("Any", context["ti"])
    states = instance.get_task_states(dag_id=run.dag_id, run_ids=[run.run_id]).get(run.run_id, {})
    others = {name: state for name, state in states.items() if name != instance.task_id}
    status: Status = "succeeded" if all(state == "success" for state in others.values()) else "failed"
    started = cast("datetime", run.start_date)
    store = Store.open(bucket)
    partition = partition_of(context)
    made = report.assemble(
        store,
        pipeline=pipeline_name,
        partition=partition,
        run_id=run.run_id,
        status=status,
        started_at=started.astimezone(UTC).isoformat(timespec="seconds"),
        seconds=(datetime.now(UTC) - started).total_seconds(),
        code_version=os.environ.get(CODE_VERSION_VARIABLE, "unknown"),
        images=RunImages(pipeline_name, tuple(steps)).told(context) or {},
        ingested=_ingested(store, pipeline_name, tables, partition),
    )
    return {"status": made["status"], "seconds": made["seconds"]}


def _ingested(store: Store, pipeline_name: str, tables: list[str], partition: str) -> list[Manifest]:
    """The bronze of the run's partition; where a table has none, the run has failed for that and says so itself."""
    manifests = []
    for table in tables:
        with suppress(UserError):
            manifests.append(read_manifest(store, pipeline_name, table, partition))
    return manifests
