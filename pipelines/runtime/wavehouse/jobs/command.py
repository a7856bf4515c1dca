"""What the jobs share: their arguments, their way to end, and the metrics that they leave."""

from __future__ import annotations

import argparse
import logging
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from wavehouse import layout
from wavehouse.errors import UserError
from wavehouse.jobs.supported import require_supported
from wavehouse.report import RuleMetrics, StepMetrics, TableMetrics, summarise, write_step
from wavehouse.session import close_session, open_session
from wavehouse.spec import Pipeline, load_pipeline
from wavehouse.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pyspark.sql import SparkSession

#: What a container writes here is in its pod's status, up to this length.
TERMINATION_LOG = Path("/dev/termination-log")
TERMINATION_BYTES = 4096

_STARTED = time.monotonic()

# pyspark logs errors of SQL in its own form; they are told once, in this runtime's.
logging.getLogger("SQLQueryContextLogger").setLevel(logging.CRITICAL)


@dataclass(frozen=True)
class Run:
    """What a job works on: a pipeline, its store, and one partition."""

    spark: SparkSession
    pipeline: Pipeline
    store: Store
    partition: str
    run_id: str


@dataclass(frozen=True)
class Counted:
    """What a job counted, table by table."""

    tables: list[TableMetrics]
    rules: list[RuleMetrics]


class RuleBrokenError(UserError):
    """A rule of severity `fail` was broken. Carries what was counted until then."""

    def __init__(self, message: str, counted: Counted) -> None:
        super().__init__(message)
        self.counted = counted


def main(step: str, work: Callable[[Run], Counted], arguments: Sequence[str] | None = None) -> int:
    """Runs a job as a process does.

    Returns the exit code: 0, or 1 after one message on stderr for what the user can mend. A bug is thrown
    on, with its stack. Metrics are written unless there is a bug, once pipeline and store are known.
    """
    parser = argparse.ArgumentParser(prog=step)
    parser.add_argument("--pipeline", type=Path, required=True, help="the pipeline.yaml")
    parser.add_argument("--partition", required=True, help="the ingest date, YYYY-MM-DD")
    parser.add_argument("--run-id", required=True, help="names the run in reports")
    options = parser.parse_args(arguments)
    try:
        pipeline = load_pipeline(options.pipeline)
        partition = layout.checked_partition(options.partition)
        require_supported(pipeline)
        store = Store.open(pipeline.storage.bucket)
        spark = open_session(f"{pipeline.name}-{step}")
    except UserError as error:
        _tell(f"{step}: {error}")
        return 1
    run = Run(spark, pipeline, store, partition, options.run_id)
    try:
        metrics = _metrics(step, run, work)
        write_step(store, pipeline.name, partition, run.run_id, metrics)
    finally:
        close_session(spark)
    if "error" in metrics:
        _tell(f"{step}: {metrics['error']}")
        return 1
    sys.stdout.write(f"{_line(metrics)}\n")
    return 0


def _tell(message: str) -> None:
    """Says what the user can mend: to the log, and where Kubernetes keeps the last words of a container."""
    sys.stderr.write(f"{message}\n")
    # There is one in a pod only; that it takes nothing must not hide what was to be said.
    with suppress(OSError):
        if TERMINATION_LOG.exists():
            TERMINATION_LOG.write_bytes(message.encode()[:TERMINATION_BYTES])


def _metrics(step: str, run: Run, work: Callable[[Run], Counted]) -> StepMetrics:
    try:
        counted = work(run)
    except UserError as error:
        counted = error.counted if isinstance(error, RuleBrokenError) else Counted([], [])
        metrics = summarise(step, counted.tables, counted.rules, time.monotonic() - _STARTED)
        return {**metrics, "status": "failed", "error": str(error)}
    return summarise(step, counted.tables, counted.rules, time.monotonic() - _STARTED)


def _line(metrics: StepMetrics) -> str:
    """One line for the log."""
    parts = [f"{metrics['rows_in']} rows in", f"{metrics['rows_out']} out"]
    if metrics["duplicates"]:
        parts.append(f"{metrics['duplicates']} duplicates")
    if metrics["rows_quarantined"]:
        parts.append(f"{metrics['rows_quarantined']} to quarantine")
    return f"{metrics['step']}: {', '.join(parts)}, {metrics['seconds']:.1f} s"
