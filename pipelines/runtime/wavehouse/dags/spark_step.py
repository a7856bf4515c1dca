"""The task that runs a Spark job and waits for it: on this machine, or (kubernetes_step) in a cluster."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, cast

from airflow.sdk import BaseOperator
from airflow.sdk.exceptions import AirflowFailException

from wavehouse.dags.local_job import LocalJob
from wavehouse.dags.partition import emit_partition, partition_of
from wavehouse.dags.templates import rendered_templates
from wavehouse.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from airflow.sdk import Context

    from wavehouse.dags.run_images import RunImages

EXECUTOR_VARIABLE = "WAVEHOUSE_SPARK"


def in_cluster() -> bool:
    """Whether tasks and Spark jobs run in a cluster, rather than on this machine. Throws UserError on other words."""
    executor = os.environ.get(EXECUTOR_VARIABLE, "kubernetes")
    if executor not in ("local", "kubernetes"):
        raise UserError(f"{EXECUTOR_VARIABLE}={executor}: expected kubernetes or local")
    return executor == "kubernetes"


def spark_step(**arguments: Any) -> BaseOperator:  # noqa: ANN401
    """The task that runs one step of a pipeline, as this environment runs Spark jobs.

    `arguments` are SparkStep's.
    """
    if not in_cluster():
        return SparkStep(**arguments)
    # Only where it is used: an Airflow that runs everything on one machine has no Kubernetes provider.
    from wavehouse.dags.kubernetes_step import KubernetesSparkStep  # noqa: PLC0415

    return KubernetesSparkStep(**arguments)


class SparkStep(BaseOperator):
    """Runs one step of a pipeline on this machine, from the template that the environment rendered.

    Its image is the one that the run pinned at its start, not what the template says by now; `job_arguments` are what
    the program is told beside the partition and the run.
    """

    ui_color = "#fde5d2"

    def __init__(
        self,
        *,
        images: RunImages,
        job_arguments: Sequence[str] = (),
        **kwargs: Any,  # noqa: ANN401
    ) -> None:
        super().__init__(**kwargs)
        self.images = images
        self.job_arguments = list(job_arguments)
        self._job: LocalJob | None = None

    def execute(self, context: Context) -> None:
        """Runs the job. What the user must mend fails the task at once; anything else is tried again."""
        partition = partition_of(context)
        run_id = cast("Any", context["dag_run"]).run_id
        try:
            templates = rendered_templates()
            self._job = LocalJob(
                templates.pick(self.images.pipeline, self.task_id),
                image=self.images.pinned(context, templates)[self.task_id],
                partition=partition,
                run_id=run_id,
                arguments=self.job_arguments,
            )
            self._job.run(self.log.info)
        except UserError as error:
            raise AirflowFailException(str(error)) from error
        emit_partition(context, self.outlets, partition)

    def on_kill(self) -> None:
        """Ends the job with the task."""
        if self._job is not None:
            self._job.kill()
