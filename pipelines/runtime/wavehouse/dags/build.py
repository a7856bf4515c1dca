"""Makes a pipeline's two DAGs from its `pipeline.yaml`: one brings the data, the other works on it.

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
from wavehouse.dags.spark_step import spark_step
from wavehouse.dags.tasks import ingest_to_bronze, pin_images, write_report
from wavehouse.dags.worker_pod import lake_access
from wavehouse.errors import UserError
from wavehouse.ingest.http_source import http_source
from wavehouse.spec import load_pipeline

if TYPE_CHECKING:
    from pathlib import Path

    from airflow.sdk.bases.timetable import BaseTimetable

    from wavehouse.spec import Pipeline

#: How often a task is tried again. An environment in which someone waits for the answer sets 0.
RETRIES_VARIABLE = "WAVEHOUSE_TASK_RETRIES"

_DAY = "%Y-%m-%d"


@dataclass(frozen=True)
class SparkStage:
    """One Spark step of a pipeline and the Assets that it updates."""

    step: str
    outlets: tuple[Asset, ...]


def build_dags(file: Path) -> dict[str, DAG]:
    """Reads a pipeline and makes its DAGs, by id.

    Throws UserError with file and line when the pipeline cannot run: Airflow shows it as the file's import error.
    """
    pipeline = load_pipeline(file)
    if pipeline.name != file.parent.name:
        raise UserError(f"{file}: metadata.name is {pipeline.name}, but the folder is {file.parent.name}")
    for table in pipeline.tables:
        http_source(pipeline, table)
    dags = (_ingest_dag(pipeline), _process_dag(pipeline))
    return {dag.dag_id: dag for dag in dags}


def asset(pipeline: str, layer: str, name: str) -> Asset:
    """The Asset of a table or mart, `wavehouse://<pipeline>/<layer>/<name>`."""
    uri = f"wavehouse://{pipeline}/{layer}/{name}"
    return Asset(name=uri, uri=uri)


def _ingest_dag(pipeline: Pipeline) -> DAG:
    with _dag(pipeline, "ingest", _ingest_timetable(pipeline)) as dag:
        for table in pipeline.tables:
            task(
                task_id=f"ingest_{table.name}",
                outlets=[asset(pipeline.name, "bronze", table.name)],
                executor_config=lake_access(),
                doc_md=f"Brings every page of `{table.source}`, checks the count against the source's own, and only "
                "then tells the readers.",
            )(ingest_to_bronze)(pipeline_file=str(pipeline.file), table_name=table.name)
    return dag


def _process_dag(pipeline: Pipeline) -> DAG:
    bronze = [asset(pipeline.name, "bronze", table.name) for table in pipeline.tables]
    with _dag(pipeline, "process", PartitionedAssetTimetable(assets=AssetAll(*bronze))) as dag:
        pinned: Any = task(task_id="pin")(pin_images)(
            pipeline_name=pipeline.name, steps=[stage.step for stage in _stages(pipeline)]
        )
        last: Any = pinned
        for stage in _stages(pipeline):
            step = spark_step(
                task_id=stage.step,
                pipeline=pipeline.name,
                image=pinned[stage.step],
                outlets=list(stage.outlets),
            )
            last >> step
            last = step
        # A teardown runs after a failure too, and never decides the run's own state.
        report = task(task_id="report", executor_config=lake_access())(write_report)(
            pipeline_name=pipeline.name,
            bucket=pipeline.storage.bucket,
            tables=[table.name for table in pipeline.tables],
        )
        last >> report.as_teardown()
    return dag


def _stages(pipeline: Pipeline) -> tuple[SparkStage, ...]:
    silver = SparkStage("silver", ())
    published = tuple(asset(pipeline.name, "silver", table.name) for table in pipeline.tables)
    quality = SparkStage("quality", published)
    if not pipeline.marts:
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


def _ingest_timetable(pipeline: Pipeline) -> BaseTimetable:
    schedule = pipeline.schedule
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
