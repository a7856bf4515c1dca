"""What the jobs share: their arguments, their way to end, and the metrics that they leave."""

from __future__ import annotations

import argparse
import logging
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from wavehouse import layout
from wavehouse.connections import database, secret
from wavehouse.errors import UserError
from wavehouse.jobs.masking import hash_keys
from wavehouse.jobs.supported import require_supported
from wavehouse.jobs.table_format import open_tables, open_versioned
from wavehouse.report import RuleMetrics, StepMetrics, TableMetrics, summarise, write_step
from wavehouse.session import close_session, open_session
from wavehouse.spec import Pipeline, load_pipeline
from wavehouse.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pyspark.sql import SparkSession

    from wavehouse.jobs.table_format import Tables, VersionedTables

#: What a container writes here is in its pod's status, up to this length.
TERMINATION_LOG = Path("/dev/termination-log")
TERMINATION_BYTES = 4096

_STARTED = time.monotonic()

# pyspark logs errors of SQL in its own form; they are told once, in this runtime's.
logging.getLogger("SQLQueryContextLogger").setLevel(logging.CRITICAL)


@dataclass(frozen=True)
class Run:
    """What a job works on: a pipeline, its store, and one partition.

    `reload` reads all of a database anew; `mart` is the one mart to make, all where it is None.
    """

    spark: SparkSession
    pipeline: Pipeline
    store: Store
    partition: str
    run_id: str
    reload: bool = False
    mart: str | None = None

    @cached_property
    def tables(self) -> Tables:
        """The pipeline's tables, in its format."""
        return open_tables(self.spark, self.pipeline, self.store)

    @cached_property
    def versioned(self) -> VersionedTables:
        """The same, for what stands on raw."""
        return open_versioned(self.spark, self.pipeline, self.store)


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
    parser.add_argument("--reload", action="store_true", help="raw: read all of a database anew")
    parser.add_argument("--mart", help="gold: the one mart to make")
    options = parser.parse_args(arguments)
    try:
        pipeline = load_pipeline(options.pipeline)
        partition = layout.checked_partition(options.partition)
        require_supported(pipeline)
        require_environment(pipeline, step)
        store = Store.open(pipeline.storage.bucket)
        spark = open_session(f"{pipeline.name}-{step}", (pipeline.storage.format,))
    except UserError as error:
        tell(f"{step}: {error}")
        return 1
    run = Run(spark, pipeline, store, partition, options.run_id, options.reload, options.mart)
    try:
        return run_step(step, work, run, _STARTED)
    finally:
        close_session(spark)


def run_step(step: str, work: Callable[[Run], Counted], run: Run, started: float | None = None) -> int:
    """Runs a step in an open session, writes its metrics, and says how it ended.

    `started` is when it began (monotonic seconds), where that was before now. Returns the exit code.
    """
    metrics = _metrics(step, run, work, time.monotonic() if started is None else started)
    write_step(run.store, run.pipeline.name, run.partition, run.run_id, metrics)
    if "error" in metrics:
        tell(f"{step}: {metrics['error']}")
        return 1
    sys.stdout.write(f"{_line(metrics)}\n")
    return 0


def require_environment(pipeline: Pipeline, step: str) -> None:
    """Throws UserError where a step needs a connection or a secret that the environment does not have."""
    if step == "raw":
        for source in pipeline.sources.values():
            if source.is_database:
                database(str(source.settings["connection"]))
    if step == "silver":
        for name in hash_keys(pipeline):
            secret(name)


def tell(message: str) -> None:
    """Says what the user can mend: to the log, and where Kubernetes keeps the last words of a container."""
    sys.stderr.write(f"{message}\n")
    # There is one in a pod only; that it takes nothing must not hide what was to be said.
    with suppress(OSError):
        if TERMINATION_LOG.exists():
            TERMINATION_LOG.write_bytes(message.encode()[:TERMINATION_BYTES])


def _metrics(step: str, run: Run, work: Callable[[Run], Counted], started: float) -> StepMetrics:
    try:
        counted = work(run)
    except UserError as error:
        counted = error.counted if isinstance(error, RuleBrokenError) else Counted([], [])
        metrics = summarise(step, counted.tables, counted.rules, time.monotonic() - started)
        return {**metrics, "status": "failed", "error": str(error)}
    return summarise(step, counted.tables, counted.rules, time.monotonic() - started)


def _line(metrics: StepMetrics) -> str:
    """One line for the log."""
    parts = [f"{metrics['rows_in']} rows in", f"{metrics['rows_out']} out"]
    if metrics["duplicates"]:
        parts.append(f"{metrics['duplicates']} duplicates")
    if metrics["rows_quarantined"]:
        parts.append(f"{metrics['rows_quarantined']} to quarantine")
    return f"{metrics['step']}: {', '.join(parts)}, {metrics['seconds']:.1f} s"
