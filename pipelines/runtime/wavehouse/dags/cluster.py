"""Speaks to the cluster that runs Spark jobs: templates, applications and their pods, in one namespace."""

from __future__ import annotations

import json
import os
import time
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar, cast

from wavehouse.dags.application import GROUP, VERSION
from wavehouse.dags.outcome import DRIVER_CONTAINER
from wavehouse.dags.templates import PIPELINE_LABEL, Templates
from wavehouse.errors import UserError

try:
    from airflow.providers.cncf.kubernetes.hooks.kubernetes import KubernetesHook
    from airflow.providers.cncf.kubernetes.kubernetes_helper_functions import generic_api_retry
    from kubernetes.client import ApiException, CoreV1Api, CustomObjectsApi
    from urllib3.exceptions import HTTPError
except ImportError as error:
    raise UserError(
        f"Spark jobs on Kubernetes need a package that is not here ({error}): install "
        "apache-airflow-providers-cncf-kubernetes, as requirements-airflow.lock has it, or set WAVEHOUSE_SPARK=local"
    ) from error

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NAMESPACE_VARIABLE = "WAVEHOUSE_SPARK_NAMESPACE"
CONNECTION_VARIABLE = "WAVEHOUSE_KUBERNETES_CONNECTION"

#: What a call throws when the API server refuses it or cannot be reached.
CALL_ERRORS = (ApiException, HTTPError, OSError)

_Given = ParamSpec("_Given")
_Result = TypeVar("_Result")

_APPLICATIONS = "sparkapplications"
_TEMPLATES = "scheduledsparkapplications"
_POLL_SECONDS = 1.0
_GONE = 404
_THERE = 409
#: What the API server says of an object that it will not take, or of a right that is missing.
_REFUSED = (400, 403, 404, 422)

Object = dict[str, Any]


def _repeated(call: Callable[_Given, _Result]) -> Callable[_Given, _Result]:
    """The provider's way to call again where the API server is away or busy, with its type kept."""
    return cast("Callable[_Given, _Result]", generic_api_retry(call))  # type: ignore[no-untyped-call]


def namespace() -> str:
    """The namespace of Spark jobs and of their templates."""
    return os.environ.get(NAMESPACE_VARIABLE, "processing")


def connection() -> str:
    """The Airflow connection to the cluster; the default one is that of the pod it is used in."""
    return os.environ.get(CONNECTION_VARIABLE, "kubernetes_default")


class Cluster:
    """The objects of Spark jobs in their namespace. Calls are repeated where the API server is away for a moment."""

    def __init__(self, hook: KubernetesHook, namespace: str) -> None:
        self.namespace = namespace
        self._hook = hook

    @staticmethod
    def open() -> Cluster:
        """The cluster that the environment names."""
        return Cluster(KubernetesHook(conn_id=connection()), namespace())

    @property
    def where(self) -> str:
        """The namespace, for messages."""
        return f"namespace {self.namespace}"

    @_repeated
    def templates(self, pipeline: str) -> Templates:
        """The templates of a pipeline, as the API server has them now."""
        return Templates.parse(self._list(_TEMPLATES, f"{PIPELINE_LABEL}={pipeline}"), self.where)

    @_repeated
    def create(self, application: Object) -> None:
        """Makes an application. Throws UserError when the API server refuses it."""
        try:
            self._objects.create_namespaced_custom_object(
                GROUP, VERSION, self.namespace, _APPLICATIONS, application
            )
        except ApiException as error:
            if error.status == _THERE:
                # Nothing was there before: it is what a call made whose answer was lost.
                return
            if error.status not in _REFUSED:
                raise
            name = application["metadata"]["name"]
            raise UserError(
                f"the cluster refuses the SparkApplication {name} in {self.where}: {_told(error)}"
            ) from error

    @_repeated
    def application(self, name: str) -> Object | None:
        """An application, None where it is gone."""
        try:
            found = self._objects.get_namespaced_custom_object(
                GROUP, VERSION, self.namespace, _APPLICATIONS, name
            )
        except ApiException as error:
            if error.status == _GONE:
                return None
            raise
        return cast("Object", found)

    @_repeated
    def delete(self, name: str) -> None:
        """Deletes an application; its pods go with it. Nothing there is no error."""
        try:
            # In the foreground, so that the operator sees it go and takes along a driver that it has only just started.
            self._objects.delete_namespaced_custom_object(
                GROUP, VERSION, self.namespace, _APPLICATIONS, name, propagation_policy="Foreground"
            )
        except ApiException as error:
            if error.status != _GONE:
                raise

    @_repeated
    def applications(self, selector: str) -> list[Object]:
        """The applications with these labels."""
        return self._list(_APPLICATIONS, selector)

    @_repeated
    def pod(self, name: str) -> Object | None:
        """A pod as its JSON, None where it is gone."""
        try:
            return self._plain(self._core.read_namespaced_pod(name, self.namespace))
        except ApiException as error:
            if error.status == _GONE:
                return None
            raise

    @_repeated
    def running_pods(self, selector: str) -> list[str]:
        """The pods with these labels that have not ended."""
        found = self._core.list_namespaced_pod(self.namespace, label_selector=selector).items
        return sorted(pod.metadata.name for pod in found if pod.status.phase not in ("Succeeded", "Failed"))

    def log(self, pod: str) -> Iterator[str]:
        """The lines of a driver's log, as far as they are still to be had."""
        try:
            stream = self._core.read_namespaced_pod_log(
                pod, self.namespace, container=DRIVER_CONTAINER, _preload_content=False
            )
            rest = b""
            for chunk in stream.stream(64 * 1024):
                *lines, rest = (rest + chunk).split(b"\n")
                yield from (line.decode(errors="replace").rstrip() for line in lines)
            if rest:
                yield rest.decode(errors="replace").rstrip()
        except CALL_ERRORS as error:
            # 400: the container never started, so there is none.
            told = _told(error) if isinstance(error, ApiException) else str(error)
            yield f"(no more of the log of {pod}: {told})"

    def remove(
        self, selector: str, *, seconds: float, log: Callable[[str], None], stopped: Callable[[], bool]
    ) -> None:
        """Deletes every application with these labels, and waits until no pod of theirs runs any more.

        Throws RuntimeError when one still does after `seconds`.
        """
        deadline = time.monotonic() + seconds
        told: set[str] = set()
        while not stopped():
            applications = self.applications(selector)
            for metadata in (found["metadata"] for found in applications):
                if metadata["name"] not in told:
                    log(f"removing {metadata['name']}, which an earlier try left")
                    told.add(metadata["name"])
                if "deletionTimestamp" not in metadata:
                    self.delete(metadata["name"])
            pods = self.running_pods(selector)
            if not applications and not pods:
                return
            if time.monotonic() > deadline:
                left = ", ".join([*sorted(found["metadata"]["name"] for found in applications), *pods])
                raise RuntimeError(
                    f"after {seconds:.0f} s what an earlier try left in {self.where} is still there: {left}; a table "
                    "must not have two writers, so nothing was started: is the Spark operator up, and the pods' node?"
                )
            time.sleep(_POLL_SECONDS)

    def _list(self, plural: str, selector: str) -> list[Object]:
        found = self._objects.list_namespaced_custom_object(
            GROUP, VERSION, self.namespace, plural, label_selector=selector
        )
        return cast("list[Object]", found["items"])

    def _plain(self, found: object) -> Object:
        return cast("Object", self._hook.api_client.sanitize_for_serialization(found))

    @property
    def _core(self) -> CoreV1Api:
        return self._hook.core_v1_client

    @property
    def _objects(self) -> CustomObjectsApi:
        return self._hook.custom_object_client


def _told(error: ApiException) -> str:
    """What the API server says, without its headers."""
    try:
        return str(json.loads(error.body)["message"])
    except (TypeError, ValueError, KeyError):
        return f"{error.status} {error.reason}"
