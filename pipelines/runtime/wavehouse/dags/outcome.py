"""How a try of a Spark task ended, from what the cluster says of its application and its driver's pod."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from wavehouse.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

#: The driver's container, as Spark names it.
DRIVER_CONTAINER = "spark-kubernetes-driver"

#: The states of an application from which it does not start, or run on, by itself.
FAILED_STATES = frozenset({"FAILED", "FAILING", "SUBMISSION_FAILED"})

#: The exit status of a job that says itself what is wrong.
_TOLD = 1
_KILLED = 137
_NOT_THERE = ("not found", "manifest unknown", "name unknown")
_NEVER_PULLED = ("InvalidImageName", "ErrImageNeverPull")

Object = dict[str, Any]


def is_alive(driver: Object | None) -> bool:
    """Whether the driver's pod runs or may yet run."""
    if driver is None:
        return False
    return _phase(driver) in ("Pending", "Running") and not _state(driver).get("terminated")


def cannot_start(driver: Object) -> UserError | RuntimeError | None:
    """Why a driver that waits will not start; None while it may."""
    waiting = cast("Object", _state(driver).get("waiting") or {})
    reason, message = str(waiting.get("reason", "")), str(waiting.get("message", ""))
    if reason in _NEVER_PULLED or (
        "ImagePull" in reason and any(part in message.lower() for part in _NOT_THERE)
    ):
        return UserError(
            f"the image {_image(driver)} cannot be pulled ({reason}): {message}: was it pushed to this registry, and "
            "does the overlay name what was pushed?"
        )
    if reason in ("", "ContainerCreating", "PodInitializing"):
        return None
    return RuntimeError(f"the driver {_name(driver)} cannot start: {reason}: {message}")


def failure(
    step: str,
    application: Object | None,
    driver: Object | None,
    event: Mapping[str, Any],
    last: Sequence[str],
) -> Exception | None:
    """Why a try failed, or None when it did not.

    `event` is the trigger's, and `last` are the last lines of the driver's log. A UserError is what trying again does
    not mend.
    """
    if driver is None:
        return _without_driver(application, event)
    terminated = cast("Object", _state(driver).get("terminated") or {})
    if terminated:
        return _of_exit(step, driver, terminated, last)
    if _phase(driver) == "Succeeded":
        return None
    if _phase(driver) == "Failed":
        status = driver.get("status", {})
        return RuntimeError(
            f"the driver {_name(driver)} failed: {status.get('reason', 'no reason given')}: "
            f"{status.get('message', 'nothing said')}"
        )
    return (
        cannot_start(driver)
        or _unschedulable(driver)
        or RuntimeError(f"the driver {_name(driver)} was given up: {event.get('message', 'nothing said')}")
    )


def submission_failure(application: Object) -> RuntimeError | None:
    """Why an application that has no driver never gets one; None while it may."""
    if state_of(application) not in FAILED_STATES:
        return None
    told = str(_application_state(application).get("errorMessage", "nothing said")).strip()
    last = "\n".join(told.splitlines()[-25:])
    return RuntimeError(f"the Spark operator could not start {application['metadata']['name']}: {last}")


def state_of(application: Object | None) -> str:
    """The application's state, in the operator's words; empty while it has none."""
    return str(_application_state(application or {}).get("state", ""))


def _of_exit(step: str, driver: Object, terminated: Object, last: Sequence[str]) -> Exception | None:
    status = int(terminated.get("exitCode", 0))
    if status == 0:
        return None
    # A job leaves its own words where Kubernetes keeps them; a bug or a crash leaves none.
    told = str(terminated.get("message", "")).strip()
    if status == _TOLD and told.startswith(f"{step}: "):
        return UserError(told)
    reason = str(terminated.get("reason", "Error"))
    how = f"ended with status {status}" + ("" if reason == "Error" else f" ({reason})")
    if reason == "OOMKilled" or (status == _KILLED and reason == "Error"):
        how += ": it was killed, as when its memory is not enough or its node goes away"
    tail = "\n".join(line for line in last if line)
    return RuntimeError(f"the driver {_name(driver)} {how}. Its last lines:\n{tail}")


def _without_driver(application: Object | None, event: Mapping[str, Any]) -> Exception | None:
    if state_of(application) in ("COMPLETED", "SUCCEEDING") or event.get("status") == "success":
        return None
    return RuntimeError(
        f"the driver {event.get('name', '')} is gone: somebody deleted it, or its node was lost"
    )


def _unschedulable(driver: Object) -> RuntimeError | None:
    for condition in driver.get("status", {}).get("conditions") or []:
        if condition.get("type") == "PodScheduled" and condition.get("status") == "False":
            return RuntimeError(
                f"no node takes the driver {_name(driver)}: {condition.get('message', 'nothing said')}: "
                "give the cluster room, or the pipeline smaller `resources`"
            )
    return None


def _application_state(application: Object) -> Object:
    return cast("Object", (application.get("status") or {}).get("applicationState") or {})


def _state(driver: Object) -> Object:
    """The state of the driver's container; empty while the pod has none."""
    for container in driver.get("status", {}).get("containerStatuses") or []:
        if container.get("name") == DRIVER_CONTAINER:
            return cast("Object", container.get("state") or {})
    return {}


def _phase(driver: Object) -> str:
    return str(driver.get("status", {}).get("phase", ""))


def _name(driver: Object) -> str:
    return str(driver.get("metadata", {}).get("name", ""))


def _image(driver: Object) -> str:
    for container in driver.get("spec", {}).get("containers") or []:
        if container.get("name") == DRIVER_CONTAINER:
            return str(container.get("image", ""))
    return "of the driver"
