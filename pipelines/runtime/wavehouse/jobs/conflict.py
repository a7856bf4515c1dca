"""Two writers of one table at once: the second is refused, and does its work again on what the first left."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, TypeVar

from py4j.protocol import Py4JError, Py4JJavaError
from pyspark.errors import PySparkException

if TYPE_CHECKING:
    from collections.abc import Callable

Result = TypeVar("Result")

_CONFLICTS = (
    "org.apache.iceberg.exceptions.CommitFailedException",
    "org.apache.iceberg.exceptions.ValidationException",
    "io.delta.exceptions.Concurrent",
)
_TRIES = 4
_WAIT_SECONDS = 0.5


def again_on_conflict(work: Callable[[], Result]) -> Result:
    """Does work that ends in a commit; where another commit came between, again, up to four times in all."""
    for number in range(1, _TRIES):
        try:
            return work()
        except (PySparkException, Py4JJavaError) as error:
            if not is_conflict(error):
                raise
            pause(_WAIT_SECONDS * number)
    return work()


def pause(seconds: float) -> None:
    """Lets the other one end."""
    time.sleep(seconds)


def is_conflict(error: Exception) -> bool:
    """Whether a commit was refused because of another one."""
    cause = getattr(error, "java_exception", None) or getattr(error, "_origin", None)
    try:
        while cause is not None:
            if cause.getClass().getName().startswith(_CONFLICTS):
                return True
            cause = cause.getCause()
    except Py4JError:
        return False
    return False
