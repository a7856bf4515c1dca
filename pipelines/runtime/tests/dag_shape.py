"""What a DAG waits for, and what it updates."""

from __future__ import annotations

from typing import Any

from airflow.sdk import DAG


def outlets(dag: DAG) -> dict[str, list[str]]:
    return {task.task_id: [asset.uri for asset in task.outlets] for task in dag.tasks if task.outlets}


def waited_for(dag: DAG) -> set[str]:
    timetable: Any = dag.timetable
    return {asset.uri for asset in timetable.asset_condition.objects}
