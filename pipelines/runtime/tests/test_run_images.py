"""Which images a run uses, across tries, clears and bumps. The runs themselves are in test_dags."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from wavehouse.dags.run_images import RunImages
from wavehouse.dags.templates import Templates

IMAGES = RunImages("things", ("silver", "gold"))


def bumped(number: int) -> Templates:
    """The environment's templates after a bump."""
    return Templates.parse(
        (
            {
                "metadata": {
                    "name": f"things-{step}",
                    "labels": {"wavehouse.dev/pipeline": "things", "wavehouse.dev/step": step},
                },
                "spec": {"template": {"image": f"localhost:5001/things-{step}@sha256:{number:064}"}},
            }
            for step in IMAGES.steps
        ),
        "the test",
    )


class Run:
    """One run as its tasks see it: Airflow forgets a task's XComs when it begins again, and keeps its own store."""

    def __init__(self) -> None:
        self.xcoms: dict[str, Any] = {}
        self.stores: dict[str, dict[str, Any]] = {}

    def begin(self, task_id: str, number: int, max_tries: int = 2) -> str:
        """Begins a try of a step after a bump; returns the digest of its image."""
        self.xcoms.pop(task_id, None)
        store = self.stores.setdefault(task_id, {})
        instance = SimpleNamespace(
            task_id=task_id,
            max_tries=max_tries,
            xcom_push=lambda key, value: self.xcoms.update({task_id: {key: value}}),
            xcom_pull=lambda task_ids, key: self.xcoms.get(task_ids, {}).get(key),
        )
        context: Any = {
            "ti": instance,
            "task_state_store": SimpleNamespace(get=store.get, set=store.__setitem__),
        }
        found = IMAGES.pinned(context, bumped(number))[task_id]
        assert found.startswith(f"localhost:5001/things-{task_id}@")
        return found.rpartition(":")[2].lstrip("0")


def test_the_first_step_pins_for_all() -> None:
    run = Run()
    assert (run.begin("silver", 1), run.begin("gold", 2)) == ("1", "1")


def test_a_step_that_is_tried_again_keeps_its_image() -> None:
    run = Run()
    assert (run.begin("silver", 1), run.begin("silver", 2), run.begin("gold", 3)) == ("1", "1", "1")


def test_who_clears_the_first_step_gets_what_there_is_now() -> None:
    run = Run()
    run.begin("silver", 1)
    assert (run.begin("silver", 2, max_tries=3), run.begin("gold", 3, max_tries=3)) == ("2", "2")


def test_who_clears_a_later_step_keeps_the_runs_images() -> None:
    run = Run()
    run.begin("silver", 1)
    assert (run.begin("gold", 1), run.begin("gold", 2, max_tries=3)) == ("1", "1")


def test_a_first_step_that_was_marked_done_by_hand() -> None:
    run = Run()
    assert (run.begin("gold", 2), run.begin("gold", 3)) == ("2", "2")


def test_a_step_that_came_into_the_dag_in_the_middle_of_a_run() -> None:
    run = Run()
    run.begin("silver", 1)
    del run.xcoms["silver"]["images"]["gold"]
    assert run.begin("gold", 2) == "2"
