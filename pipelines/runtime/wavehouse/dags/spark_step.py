"""The task that runs a Spark job and waits for it. What differs between environments is only who runs the job."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Protocol, cast

from airflow.sdk import BaseOperator
from airflow.sdk.exceptions import AirflowFailException

from wavehouse.dags.local_job import LocalJob
from wavehouse.dags.partition import emit_partition, partition_of
from wavehouse.dags.templates import find_template
from wavehouse.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from airflow.sdk import Context

    from wavehouse.dags.templates import SparkTemplate

EXECUTOR_VARIABLE = "WAVEHOUSE_SPARK"


class SparkJob(Protocol):
    """One try of one job."""

    def run(self, log: Callable[[str], None]) -> None:
        """Runs the job to its end, each line of its output to `log`.

        Throws UserError for what trying again does not mend, and any other error for the rest.
        """

    def kill(self) -> None:
        """Ends the job when the task is stopped."""


class SparkStep(BaseOperator):
    """Runs one step of a pipeline from the template that the environment rendered.

    `image` is the reference that the run pinned at its start, not what the template says by now.
    """

    template_fields: Sequence[str] = ("image",)
    ui_color = "#fde5d2"

    def __init__(self, *, pipeline: str, image: Any, **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(**kwargs)
        self.pipeline = pipeline
        self.image = image
        self._job: SparkJob | None = None

    def execute(self, context: Context) -> None:
        """Runs the job. What the user must mend fails the task at once; anything else is tried again."""
        partition = partition_of(context)
        run_id = cast("Any", context["dag_run"]).run_id
        try:
            template = find_template(self.pipeline, self.task_id)
            self._job = _job(template, image=str(self.image), partition=partition, run_id=run_id)
            self._job.run(self.log.info)
        except UserError as error:
            raise AirflowFailException(str(error)) from error
        emit_partition(context, self.outlets, partition)

    def on_kill(self) -> None:
        """Ends the job with the task."""
        if self._job is not None:
            self._job.kill()


def _job(template: SparkTemplate, *, image: str, partition: str, run_id: str) -> SparkJob:
    executor = os.environ.get(EXECUTOR_VARIABLE, "kubernetes")
    if executor == "local":
        return LocalJob(template, image=image, partition=partition, run_id=run_id)
    raise UserError(
        f"{EXECUTOR_VARIABLE}={executor}: this runtime runs Spark jobs with {EXECUTOR_VARIABLE}=local"
    )
