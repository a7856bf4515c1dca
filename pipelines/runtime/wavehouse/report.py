"""What a run counted: each step writes its metrics, and the last task makes one report of them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal, TypedDict, cast

from wavehouse import layout
from wavehouse.spec import API_VERSION

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from wavehouse.manifest import Manifest
    from wavehouse.spec import Severity
    from wavehouse.store import Store

Status = Literal["succeeded", "failed"]

#: The steps of a run, in order.
STEPS = ("ingest", "raw", "silver", "quality", "gold", "maintain")


class RuleMetrics(TypedDict):
    """How many rows broke a rule."""

    table: str
    rule: str
    severity: Severity
    violations: int


class TableMetrics(TypedDict, total=False):
    """What a step did to one table or mart. `bytes` are those it read (silver) or wrote (quality, gold, maintain)."""

    name: str
    rows_in: int
    rows_out: int
    rows_quarantined: int
    duplicates: int
    bytes: int
    new_columns: list[str]
    silver_rows: int
    files_before: int
    files_after: int
    files_removed: int


class StepMetrics(TypedDict, total=False):
    """What a whole step did: its tables, and the sums over them. `seconds` are the whole process's."""

    step: str
    status: Status
    error: str
    rows_in: int
    rows_out: int
    rows_quarantined: int
    duplicates: int
    rules: list[RuleMetrics]
    bytes: int
    seconds: float
    tables: list[TableMetrics]


class RunReport(TypedDict):
    """One run of a pipeline over one partition."""

    apiVersion: str
    kind: str
    pipeline: str
    partition: str
    run_id: str
    status: Status
    started_at: str
    seconds: float
    code_version: str
    images: dict[str, str]
    steps: dict[str, Mapping[str, Any]]


def summarise(step: str, tables: list[TableMetrics], rules: list[RuleMetrics], seconds: float) -> StepMetrics:
    """Metrics of a step that succeeded: its tables, and the sums over them."""
    return {
        "step": step,
        "status": "succeeded",
        "rows_in": sum(table.get("rows_in", 0) for table in tables),
        "rows_out": sum(table.get("rows_out", 0) for table in tables),
        "rows_quarantined": sum(table.get("rows_quarantined", 0) for table in tables),
        "duplicates": sum(table.get("duplicates", 0) for table in tables),
        "rules": rules,
        "bytes": sum(table.get("bytes", 0) for table in tables),
        "seconds": round(seconds, 3),
        "tables": tables,
    }


def summarise_ingest(manifests: Sequence[Manifest]) -> StepMetrics:
    """Metrics of what the run found in bronze: the source's own totals in, the records that came out."""
    tables: list[TableMetrics] = [
        {
            "name": manifest.table,
            "rows_in": manifest.records if manifest.total is None else manifest.total,
            "rows_out": manifest.records,
            "bytes": manifest.bytes,
        }
        for manifest in manifests
    ]
    return summarise("ingest", tables, [], sum(manifest.seconds for manifest in manifests))


def write_step(store: Store, pipeline: str, partition: str, run_id: str, metrics: Mapping[str, Any]) -> None:
    """Writes a step's metrics; a later try of the same step replaces them."""
    key = layout.step_metrics(pipeline, partition, run_id, str(metrics["step"]))
    store.write_atomic(key, _json(metrics))


def read_steps(store: Store, pipeline: str, partition: str, run_id: str) -> dict[str, Mapping[str, Any]]:
    """Metrics of the steps that wrote any, by step."""
    folder = layout.run_folder(pipeline, partition, run_id)
    report = layout.run_report(pipeline, partition, run_id)
    found = [key for key in store.list(folder) if key.endswith(".json") and key != report]
    steps = [cast("dict[str, Any]", json.loads(store.read(key))) for key in found]
    return {str(metrics["step"]): metrics for metrics in steps}


def assemble(
    store: Store,
    *,
    pipeline: str,
    partition: str,
    run_id: str,
    status: Status,
    started_at: str,
    seconds: float,
    code_version: str,
    images: dict[str, str],
    ingested: Sequence[Manifest] = (),
) -> RunReport:
    """Makes the run's report of its steps' metrics, writes it, and returns it.

    `started_at` is ISO 8601 in UTC; `images` are the references, by digest, that each step ran from; `ingested` is the
    bronze that the run read.
    """
    steps = read_steps(store, pipeline, partition, run_id)
    if ingested:
        steps["ingest"] = summarise_ingest(ingested)
    report: RunReport = {
        "apiVersion": API_VERSION,
        "kind": "RunReport",
        "pipeline": pipeline,
        "partition": partition,
        "run_id": run_id,
        "status": status,
        "started_at": started_at,
        "seconds": round(seconds, 3),
        "code_version": code_version,
        "images": images,
        "steps": {step: steps[step] for step in sorted(steps, key=_order)},
    }
    store.write_atomic(layout.run_report(pipeline, partition, run_id), _json(report))
    return report


def _order(step: str) -> tuple[int, str]:
    """Steps in the order in which they run; any other after them."""
    return (STEPS.index(step) if step in STEPS else len(STEPS), step)


def _json(value: Mapping[str, Any]) -> bytes:
    return (json.dumps(value, indent=2, ensure_ascii=False) + "\n").encode()
