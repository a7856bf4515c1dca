"""The task that runs a Spark job in a cluster: made, waited for in the triggerer, judged, and taken away again."""

from __future__ import annotations

import os
import time
from collections import deque
from contextlib import contextmanager
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

from airflow.sdk.exceptions import AirflowFailException, TaskDeferred

from wavehouse.dags.application import Attempt, build_application
from wavehouse.dags.cluster import CALL_ERRORS, Cluster, connection, namespace
from wavehouse.dags.outcome import cannot_start, failure, is_alive, state_of, submission_failure
from wavehouse.dags.partition import emit_partition, partition_of
from wavehouse.errors import UserError

# After `cluster`, which says what to install where the provider is missing.
from airflow.providers.cncf.kubernetes.operators.spark_kubernetes import (  # isort: skip
    SparkKubernetesOperator,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from airflow.sdk import Context

    from wavehouse.dags.cluster import Object
    from wavehouse.dags.run_images import RunImages

START_VARIABLE = "WAVEHOUSE_SPARK_START_SECONDS"

#: How long a driver may take to be scheduled, and then to start.
_START_SECONDS = "300"
#: How long the Spark operator may take to make the driver's pod.
_SUBMIT_SECONDS = 180.0
#: How long what an earlier try left may take to go: a node that died is given up after five minutes.
_REMOVE_SECONDS = 420.0
#: How long a whole job may take: one that hangs must not hold up the next day's for ever.
_LONGEST = timedelta(hours=6)
_POLL_SECONDS = 1.0
_LINES_KEPT = 25
#: Where an event carries how often the task was deferred anew.
_REDEFERRED = "_redefer_count"


class KubernetesSparkStep(SparkKubernetesOperator):
    """Runs one step of a pipeline as a SparkApplication.

    Of the provider's operator it keeps the connection, the trigger and its timeouts. What it does itself is what a
    table with one writer needs: a name that follows from the try, earlier tries gone before this one starts, an end
    that is read from the driver's pod, and nothing left in the cluster whichever way it ends.
    """

    template_fields = []  # noqa: RUF012  (as the operator above has it)
    ui_color = "#fde5d2"

    def __init__(
        self,
        *,
        images: RunImages,
        job_arguments: Sequence[str] = (),
        **kwargs: Any,  # noqa: ANN401
    ) -> None:
        start_seconds = int(os.environ.get(START_VARIABLE, _START_SECONDS))
        super().__init__(
            namespace=namespace(),
            kubernetes_conn_id=connection(),
            # Its own templates are in the cluster; the operator wants one to look for a connection's settings in.
            template_spec={"spark": {}},
            deferrable=True,
            # The whole log is read at the end, by the worker: the triggerer needs no right to logs and events.
            get_logs=False,
            log_events_on_startup=False,
            random_name_suffix=False,
            reattach_on_restart=False,
            poll_interval=2,
            startup_check_interval_seconds=2,
            startup_timeout_seconds=start_seconds,
            schedule_timeout_seconds=start_seconds,
            **{"execution_timeout": _LONGEST, **kwargs},
        )
        self.images = images
        self.job_arguments = list(job_arguments)
        self._running: Attempt | None = None
        self._killed = False

    @cached_property
    def cluster(self) -> Cluster:
        """The cluster, by this task's connection."""
        return Cluster(self.hook, str(self.namespace))

    def execute(self, context: Context) -> None:
        """Starts the job, once nothing of an earlier try is left, and waits for it in the triggerer."""
        with self._attempted(context) as attempt:
            self._start(context, attempt)
            self.invoke_defer_method(context=context)

    def resume_execution(
        self, next_method: str, next_kwargs: dict[str, Any] | None, context: Context
    ) -> object:
        """What Airflow calls after the trigger, also when that failed or timed out and the task is to fail."""
        with self._attempted(context):
            return super().resume_execution(next_method, next_kwargs, context)

    def trigger_reentry(self, context: Context, event: dict[str, Any]) -> None:
        """Keeps the driver's log, takes the application away, and says how it ended."""
        attempt = self._attempt_of(context)
        driver = self.cluster.pod(attempt.driver)
        if event["status"] == "error" and driver and self._waits_again(context, attempt, driver, event):
            return
        last = self._keep_log(attempt) if driver else []
        found = failure(self.task_id, self.cluster.application(attempt.name), driver, event, last)
        if found is not None:
            raise found
        self._remove(attempt)
        emit_partition(context, self.outlets, attempt.partition)

    def on_kill(self) -> None:
        """Takes the application away with the task. Airflow lets `execute` run on after this, so it is told too."""
        self._killed = True
        if self._running is not None:
            self._remove(self._running)

    @contextmanager
    def _attempted(self, context: Context) -> Iterator[Attempt]:
        """The try, with nothing left of it when it fails. What the user must mend fails the task at once."""
        attempt = self._attempt_of(context)
        self._running = attempt
        try:
            yield attempt
        except TaskDeferred:
            raise
        except UserError as error:
            self._remove(attempt)
            raise AirflowFailException(str(error)) from error
        except BaseException:
            self._remove(attempt)
            raise

    def _attempt_of(self, context: Context) -> Attempt:
        instance = cast("Any", context["ti"])
        try:
            partition = partition_of(context)
        except UserError as error:
            raise AirflowFailException(str(error)) from error
        return Attempt(
            dag_id=instance.dag_id,
            task_id=instance.task_id,
            partition=partition,
            run_id=instance.run_id,
            try_number=instance.try_number,
        )

    def _start(self, context: Context, attempt: Attempt) -> None:
        templates = self.cluster.templates(self.images.pipeline)
        template = templates.pick(self.images.pipeline, self.task_id)
        image = self.images.pinned(context, templates)[self.task_id]
        self.cluster.remove(
            attempt.selector, seconds=_REMOVE_SECONDS, log=self.log.info, stopped=lambda: self._killed
        )
        self._stop_if_killed()
        self.log.info("starting %s in %s: %s", attempt.name, self.cluster.where, image)
        self.cluster.create(build_application(template, attempt, image, self.job_arguments))
        self._require_alone(attempt)
        self._await_driver(attempt)
        self.pod = self.hook.get_pod(attempt.driver, self.cluster.namespace)

    def _require_alone(self, attempt: Attempt) -> None:
        """Two tries that start at the same moment see each other here: both give way, and Airflow tries again."""
        names = {found["metadata"]["name"] for found in self.cluster.applications(attempt.selector)}
        if others := sorted(names - {attempt.name}):
            raise RuntimeError(
                f"another try of this task over this partition has started: {', '.join(others)}"
            )

    def _await_driver(self, attempt: Attempt) -> None:
        deadline = time.monotonic() + _SUBMIT_SECONDS
        while self.cluster.pod(attempt.driver) is None:
            application = self.cluster.application(attempt.name)
            self._stop_if_killed()
            if application is None:
                raise RuntimeError(f"somebody deleted the SparkApplication {attempt.name}")
            found = submission_failure(application)
            if found is not None:
                raise found
            if time.monotonic() > deadline:
                raise RuntimeError(
                    f"{attempt.name} has no driver after {_SUBMIT_SECONDS:.0f} s (its state: "
                    f"{state_of(application) or 'none'}): is the Spark operator up?"
                )
            time.sleep(_POLL_SECONDS)

    def _waits_again(self, context: Context, attempt: Attempt, driver: Object, event: dict[str, Any]) -> bool:
        """Defers once more where the trigger failed, not the driver; False when that was done often enough."""
        done = int(event.get(_REDEFERRED, 0))
        if not is_alive(driver) or cannot_start(driver) is not None or done >= self.MAX_REDEFER_ATTEMPTS:
            return False
        self.log.warning("the trigger lost sight of %s: %s", attempt.driver, event.get("message"))
        self.trigger_kwargs = {_REDEFERRED: done + 1}
        self.pod = self.hook.get_pod(attempt.driver, self.cluster.namespace)
        # It does not come back from here, unless the driver has just ended: then all was done on the way.
        self.invoke_defer_method(context=context)
        return True

    def _keep_log(self, attempt: Attempt) -> list[str]:
        """Copies the driver's log into the task's, and returns its last lines."""
        last: deque[str] = deque(maxlen=_LINES_KEPT)
        for line in self.cluster.log(attempt.driver):
            last.append(line)
            self.log.info(line)
        return list(last)

    def _remove(self, attempt: Attempt) -> None:
        """Never fails: what stays is removed by the next try, or by the operator some minutes after its end."""
        try:
            self.cluster.delete(attempt.name)
        except CALL_ERRORS as error:
            self.log.warning("could not remove %s: %s", attempt.name, error)

    def _stop_if_killed(self) -> None:
        if self._killed:
            raise RuntimeError("the task was stopped")
