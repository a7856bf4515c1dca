"""Makes a pipeline's DAGs from its `pipeline.yaml`: one brings the data, one works on it, each of several marts has one
of its own, and one tidies the tables.

They are joined by Assets. A run is one partition key end to end: the event carries it from the one to the other, so
that two days that arrive together make two runs, and none is lost.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

from airflow.sdk import (
    DAG,
    Asset,
    AssetAll,
    CronPartitionTimetable,
    PartitionedAssetTimetable,
    task,
)

from wavehouse.dags.partition import INGEST_DATE, ingest_date_param
from wavehouse.dags.pools import source_pool
from wavehouse.dags.run_images import RunImages
from wavehouse.dags.spark_step import spark_step
from wavehouse.dags.tasks import ingest_to_bronze, write_report
from wavehouse.dags.worker_pod import lake_access
from wavehouse.errors import UserError
from wavehouse.ingest.http_source import http_source
from wavehouse.mart_sql import reads
from wavehouse.spec import load_pipeline

if TYPE_CHECKING:
    from pathlib import Path

    from airflow.sdk.bases.timetable import BaseTimetable

    from wavehouse.dags.pools import SourcePool
    from wavehouse.spec import Mart, Pipeline, Table
    from wavehouse.spec_maintenance import Maintenance

#: How often a task is tried again. An environment in which someone waits for the answer sets 0.
RETRIES_VARIABLE = "WAVEHOUSE_TASK_RETRIES"

_DAY = "%Y-%m-%d"


@dataclass(frozen=True)
class SparkStage:
    """One Spark step of a pipeline, the Assets that it updates, and what its program is told beside the partition."""

    step: str
    outlets: tuple[Asset, ...]
    arguments: tuple[str, ...] = ()


def build_dags(file: Path) -> dict[str, DAG]:
    """Reads a pipeline and makes its DAGs, by id.

    Throws UserError with file and line when the pipeline cannot run: Airflow shows it as the file's import error.
    """
    pipeline = load_pipeline(file)
    if pipeline.name != file.parent.name:
        raise UserError(f"{file}: metadata.name is {pipeline.name}, but the folder is {file.parent.name}")
    for table in pipeline.tables:
        if not pipeline.is_raw(table):
            http_source(pipeline, table)
    dags = [_ingest_dag(pipeline), _process_dag(pipeline)]
    if _has_own_marts(pipeline):
        dags += [_mart_dag(pipeline, mart) for mart in pipeline.marts]
    if pipeline.maintenance:
        dags.append(_maintenance_dag(pipeline, pipeline.maintenance))
    return {dag.dag_id: dag for dag in dags}


def asset(pipeline: str, layer: str, name: str) -> Asset:
    """The Asset of a table or mart, `wavehouse://<pipeline>/<layer>/<name>`."""
    uri = f"wavehouse://{pipeline}/{layer}/{name}"
    return Asset(name=uri, uri=uri)


def _ingest_dag(pipeline: Pipeline) -> DAG:
    with _dag(pipeline, "ingest", _timetable(pipeline.schedule)) as dag:
        for table in pipeline.tables:
            if pipeline.is_raw(table):
                continue
            task(
                task_id=f"ingest_{table.name}",
                outlets=[asset(pipeline.name, "bronze", table.name)],
                executor_config=lake_access(),
                doc_md=f"Brings every page of `{table.source}`, checks the count against the source's own, and only "
                "then tells the readers.",
            )(ingest_to_bronze)(pipeline_file=str(pipeline.file), table_name=table.name)
        raw = [_came(pipeline, table) for table in pipeline.tables if pipeline.is_raw(table)]
        if raw:
            _line(pipeline, (SparkStage("raw", tuple(raw)),), pool=source_pool(pipeline))
    return dag


def _process_dag(pipeline: Pipeline) -> DAG:
    came = [_came(pipeline, table) for table in pipeline.tables]
    with _dag(pipeline, "process", PartitionedAssetTimetable(assets=AssetAll(*came))) as dag:
        stages = _stages(pipeline)
        tables = [table.name for table in pipeline.tables if not pipeline.is_raw(table)]
        _report(pipeline, stages, tables, _line(pipeline, stages))
    return dag


def _mart_dag(pipeline: Pipeline, mart: Mart) -> DAG:
    """A mart's own DAG: it waits for the tables and marts that the mart reads, and for no other."""
    read = _inputs(pipeline, mart)
    made = asset(pipeline.name, "gold", mart.name)
    with _dag(pipeline, f"gold_{mart.name}", PartitionedAssetTimetable(assets=AssetAll(*read))) as dag:
        stages = (SparkStage("gold", (made,), ("--mart", mart.name)),)
        _report(pipeline, stages, [], _line(pipeline, stages))
    return dag


def _maintenance_dag(pipeline: Pipeline, maintenance: Maintenance) -> DAG:
    """Tidies the tables' files, whatever else runs."""
    with _dag(pipeline, "maintenance", _timetable(maintenance.schedule)) as dag:
        _line(pipeline, (SparkStage("maintain", ()),))
    return dag


def _line(pipeline: Pipeline, stages: tuple[SparkStage, ...], pool: SourcePool | None = None) -> Any:  # noqa: ANN401
    """The steps one after the other, all from the images that the first of them pins. Returns the last."""
    images = RunImages(pipeline.name, _steps(stages))
    last: Any = None
    for stage in stages:
        step = spark_step(
            task_id=stage.step,
            images=images,
            job_arguments=stage.arguments,
            outlets=list(stage.outlets),
            **({"pool": pool.name, "pool_slots": pool.slots} if pool else {}),
        )
        if last is not None:
            last >> step
        last = step
    return last


def _report(pipeline: Pipeline, stages: tuple[SparkStage, ...], tables: list[str], last: Any) -> None:  # noqa: ANN401
    # A teardown runs after a failure too, and never decides the run's own state.
    report = task(task_id="report", executor_config=lake_access())(write_report)(
        pipeline_name=pipeline.name,
        steps=list(_steps(stages)),
        bucket=pipeline.storage.bucket,
        tables=tables,
    )
    last >> report.as_teardown()


def _steps(stages: tuple[SparkStage, ...]) -> tuple[str, ...]:
    return tuple(stage.step for stage in stages)


def _came(pipeline: Pipeline, table: Table) -> Asset:
    """The Asset of what came from a table's source."""
    return asset(pipeline.name, "raw" if pipeline.is_raw(table) else "bronze", table.name)


def _inputs(pipeline: Pipeline, mart: Mart) -> list[Asset]:
    """The Assets of what a mart's SQL reads; all tables where that cannot be told."""
    try:
        sql = (pipeline.folder / (mart.sql or "")).read_text(encoding="utf-8")
    except OSError as error:
        raise UserError(
            f"{pipeline.at(mart.line)}: mart {mart.name}: {mart.sql} cannot be read: {error}"
        ) from error
    found = [
        asset(pipeline.name, "silver", table.name)
        for table in pipeline.tables
        if reads(sql, "silver", table.name)
    ]
    found += [
        asset(pipeline.name, "gold", other.name)
        for other in pipeline.marts
        if other.name != mart.name and reads(sql, "gold", other.name)
    ]
    return found or [asset(pipeline.name, "silver", table.name) for table in pipeline.tables]


def _has_own_marts(pipeline: Pipeline) -> bool:
    """One mart is the last step of the process; several run each when its inputs are there."""
    return len(pipeline.marts) > 1


def _stages(pipeline: Pipeline) -> tuple[SparkStage, ...]:
    silver = SparkStage("silver", ())
    published = tuple(asset(pipeline.name, "silver", table.name) for table in pipeline.tables)
    quality = SparkStage("quality", published)
    if not pipeline.marts or _has_own_marts(pipeline):
        return silver, quality
    marts = tuple(asset(pipeline.name, "gold", mart.name) for mart in pipeline.marts)
    return silver, quality, SparkStage("gold", marts)


def _dag(pipeline: Pipeline, what: str, timetable: BaseTimetable) -> DAG:
    return DAG(
        dag_id=f"{pipeline.name}_{what}",
        description=pipeline.description,
        schedule=timetable,
        start_date=_start(pipeline),
        catchup=False,
        # What follows from the ingest has nothing to do before it.
        is_paused_upon_creation=what in ("ingest", "maintenance")
        and bool(pipeline.settings.get("paused", False)),
        # One partition at a time: a table has one writer.
        max_active_runs=1,
        tags=sorted({"wavehouse", pipeline.name, what, *pipeline.tags}),
        doc_md=_documentation(pipeline),
        params={INGEST_DATE: ingest_date_param()},
        default_args={
            "owner": pipeline.owner,
            "retries": int(os.environ.get(RETRIES_VARIABLE, "2")),
            "retry_delay": timedelta(seconds=30),
            "retry_exponential_backoff": True,
            "max_retry_delay": timedelta(minutes=10),
        },
    )


def _timetable(schedule: str | dict[str, Any]) -> BaseTimetable:
    if isinstance(schedule, str):
        schedule = {"cron": schedule}
    if "assets" in schedule:
        uris = cast("list[str]", schedule["assets"])
        return PartitionedAssetTimetable(assets=AssetAll(*(Asset(name=uri, uri=uri) for uri in uris)))
    timezone = str(schedule.get("timezone", "UTC"))
    return CronPartitionTimetable(str(schedule["cron"]), timezone=timezone, key_format=_DAY)


def _start(pipeline: Pipeline) -> datetime | None:
    start = cast("dict[str, Any]", pipeline.settings.get("backfill", {})).get("start")
    if start is None:
        return None
    day = start if isinstance(start, date) else date.fromisoformat(str(start))
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _documentation(pipeline: Pipeline) -> str:
    """The pipeline's file in a few lines of Markdown, for Airflow's page of the DAG."""
    lines = [
        f"# {pipeline.name}",
        "",
        pipeline.description or "",
        "",
        f"Owner: {pipeline.owner}",
        "",
        "## Tables",
        "",
    ]
    lines += [
        f"- `silver.{table.name}` from `{table.source}`: {table.description or ''}"
        for table in pipeline.tables
    ]
    if pipeline.marts:
        lines += ["", "## Marts", ""]
        lines += [f"- `gold.{mart.name}`: {mart.description or ''}" for mart in pipeline.marts]
    return "\n".join(lines) + "\n"
