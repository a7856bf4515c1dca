"""What a try of a Spark task is called and looks like in the cluster. Nothing here speaks to it."""

from __future__ import annotations

import copy
import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wavehouse.dags.templates import SparkTemplate

GROUP = "sparkoperator.k8s.io"
VERSION = "v1beta2"

#: How long the Spark operator keeps an application that ended and that no task came back for.
KEPT_SECONDS = 600

#: A name of 63 characters may follow from it: Spark adds up to 16 for an executor, the operator 7 for the driver.
_NAME_LENGTH = 47
_LABEL_LENGTH = 63
_HASH_LENGTH = 8
_PREFIX = "wavehouse.dev"


@dataclass(frozen=True)
class Attempt:
    """One try of one task over one partition."""

    dag_id: str
    task_id: str
    partition: str
    run_id: str
    try_number: int

    @property
    def name(self) -> str:
        """The application's name: the same for the same DAG, task, partition and try; a DNS label.

        The names of its pods and services are labels too.
        """
        told = f"{self.dag_id}-{self.task_id}-{self.partition}-{self.try_number}"
        plain = re.sub(r"[^a-z0-9]+", "-", told.lower()).strip("-")
        if not plain[0].isalpha():
            plain = f"x{plain}"
        if len(plain) <= _NAME_LENGTH and plain == told.replace("_", "-"):
            return plain
        return _cut(plain, told, _NAME_LENGTH)

    @property
    def driver(self) -> str:
        """The name of the driver's pod, as the Spark operator makes it."""
        return f"{self.name}-driver"

    @property
    def labels(self) -> dict[str, str]:
        """The labels of the application and its pods: by them all of a run is found."""
        return {
            **self._task_labels,
            f"{_PREFIX}/run": _label(self.run_id),
            f"{_PREFIX}/try": str(self.try_number),
        }

    @property
    def selector(self) -> str:
        """Selects every try of this task over this partition, in whichever run it was."""
        return ",".join(f"{name}={value}" for name, value in self._task_labels.items())

    @property
    def _task_labels(self) -> dict[str, str]:
        return {
            f"{_PREFIX}/dag": _label(self.dag_id),
            f"{_PREFIX}/task": _label(self.task_id),
            f"{_PREFIX}/partition": _label(self.partition),
        }


def build_application(
    template: SparkTemplate, attempt: Attempt, image: str, arguments: Sequence[str] = ()
) -> dict[str, Any]:
    """The SparkApplication of a try: the template, the image that the run pinned, and what the try adds."""
    spec = copy.deepcopy(template.spec)
    # Airflow owns the retries: an application that starts itself again would be a second writer.
    spec["restartPolicy"] = {"type": "Never"}
    spec["timeToLiveSeconds"] = KEPT_SECONDS
    spec["image"] = image
    run = ["--partition", attempt.partition, "--run-id", attempt.run_id]
    spec["arguments"] = [*template.arguments, *run, *arguments]
    spec["sparkConf"] = {**template.spark_conf, "spark.kubernetes.executor.podNamePrefix": attempt.name}
    for role in ("driver", "executor"):
        pod = spec.setdefault(role, {})
        pod["labels"] = {**pod.get("labels", {}), **attempt.labels}
        if "image" in pod:
            pod["image"] = image
    return {
        "apiVersion": f"{GROUP}/{VERSION}",
        "kind": "SparkApplication",
        "metadata": {
            "name": attempt.name,
            "labels": {**template.labels, **attempt.labels},
            "annotations": {f"{_PREFIX}/run-id": attempt.run_id},
        },
        "spec": spec,
    }


def _label(value: str) -> str:
    """A value as a label takes it; what had to be changed for that is told apart by a hash."""
    plain = re.sub(r"[^A-Za-z0-9._-]+", "-", value).strip("._-")
    if plain == value and len(plain) <= _LABEL_LENGTH:
        return plain
    return _cut(plain, value, _LABEL_LENGTH)


def _cut(plain: str, told: str, length: int) -> str:
    identity = hashlib.sha256(told.encode()).hexdigest()[:_HASH_LENGTH]
    return f"{plain[: length - _HASH_LENGTH - 1].rstrip('._-')}-{identity}"
