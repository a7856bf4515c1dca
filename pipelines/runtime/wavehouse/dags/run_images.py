"""Which images a run uses: those that its environment named when its first Spark step began, until the run's end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from airflow.sdk import Context

    from wavehouse.dags.templates import Templates

_IMAGES, _MAX_TRIES = "images", "max_tries"


@dataclass(frozen=True)
class RunImages:
    """The images of a DAG's runs, by step: pinned by its first Spark step, for all of them.

    A step that is tried again keeps them; who clears the first step by hand has them pinned anew.
    """

    pipeline: str
    steps: tuple[str, ...]

    def pinned(self, context: Context, templates: Templates) -> dict[str, str]:
        """The run's images, by step, as a task of the DAG finds them.

        `templates` are the environment's now. Throws UserError when one is missing or its image has no digest.
        """
        instance = cast("Any", context["ti"])
        told = self.told(context) if instance.task_id != self.steps[0] else None
        # A step that came into the DAG after the run's start was not told of.
        if told and instance.task_id in told:
            return told
        # XCom forgets with every try, the task's own store does not. Clearing a task raises its tries.
        store = context["task_state_store"]
        kept = cast("dict[str, Any] | None", store.get(_IMAGES))
        if kept is None or kept[_MAX_TRIES] != instance.max_tries:
            found = templates.pinned_images(self.pipeline, list(self.steps))
            kept = {_IMAGES: found, _MAX_TRIES: instance.max_tries}
            store.set(_IMAGES, kept)
        instance.xcom_push(key=_IMAGES, value=kept[_IMAGES])
        return cast("dict[str, str]", kept[_IMAGES])

    def told(self, context: Context) -> dict[str, str] | None:
        """What the first step told the others; None where it told nothing, as when it was marked done by hand."""
        instance = cast("Any", context["ti"])
        return cast("dict[str, str] | None", instance.xcom_pull(task_ids=self.steps[0], key=_IMAGES))
