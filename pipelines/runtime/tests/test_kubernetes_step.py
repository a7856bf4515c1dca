"""The Spark task in a cluster: names, objects, verdicts, and that nothing is left whichever way it ends."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import dags_environment  # noqa: F401  (before Airflow)
import pytest
from airflow.sdk.exceptions import AirflowFailException, TaskDeferralError, TaskDeferred
from kube_api import KubeApi, Object, ended, running, serve_kube, waiting

from wavehouse.dags import cluster, kubernetes_step
from wavehouse.dags.application import Attempt, build_application
from wavehouse.dags.kubernetes_step import KubernetesSparkStep
from wavehouse.dags.outcome import failure
from wavehouse.dags.run_images import RunImages
from wavehouse.dags.templates import SparkTemplate
from wavehouse.errors import UserError

IMAGE = f"localhost:5001/things-silver:t@sha256:{'1' * 64}"
DAY = "2026-11-20"
LABEL = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")
NAME = "things-process-silver-2026-11-20-1"


def attempt(**others: Any) -> Attempt:
    known: dict[str, Any] = {
        "dag_id": "things_process",
        "task_id": "silver",
        "partition": DAY,
        "run_id": "manual__2026-11-20T00:00:00+00:00",
        "try_number": 1,
    }
    return Attempt(**{**known, **others})


def template() -> Object:
    return {
        "apiVersion": "sparkoperator.k8s.io/v1beta2",
        "kind": "ScheduledSparkApplication",
        "metadata": {
            "name": "things-silver",
            "labels": {"wavehouse.dev/pipeline": "things", "wavehouse.dev/step": "silver"},
        },
        "spec": {
            "suspend": True,
            "template": {
                "image": IMAGE,
                "mainApplicationFile": "local:///opt/silver.py",
                "arguments": ["--pipeline", "/opt/wavehouse/pipeline/pipeline.yaml"],
                "sparkConf": {"spark.sql.shuffle.partitions": "4"},
                "restartPolicy": {"type": "OnFailure"},
                "driver": {"memory": "1g", "labels": {"wavehouse.dev/step": "silver"}},
                "executor": {"instances": 1, "image": "old"},
            },
        },
    }


def test_a_name_follows_from_the_try() -> None:
    assert attempt().name == NAME
    assert attempt(run_id="another").name == NAME
    assert attempt().driver == f"{NAME}-driver"


@pytest.mark.parametrize(
    "others",
    [
        {"dag_id": f"{'a' * 40}_process"},
        {"dag_id": f"{'a' * 200}_process", "try_number": 12},
        {"dag_id": "Größe__process"},
        {"dag_id": "1st_process"},
        {"partition": "2026-11-20T05:00:00+00:00"},
        {"task_id": f"group.{'task' * 20}"},
    ],
)
def test_any_name_is_a_label_with_room_for_what_spark_adds(others: dict[str, Any]) -> None:
    found = attempt(**others)
    assert LABEL.fullmatch(found.name), found.name
    assert len(found.name) <= 47
    assert found.name != attempt(**{**others, "try_number": 99}).name
    for value in found.labels.values():
        assert re.fullmatch(r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?", value), value


def test_names_that_were_cut_stay_apart() -> None:
    names = {attempt(dag_id=f"{'a' * 60}{number}").name for number in range(50)}
    assert len(names) == 50
    assert attempt(dag_id="a.b").name != attempt(dag_id="a-b").name


def test_an_application_is_the_template_with_what_the_try_adds() -> None:
    given = template()["spec"]["template"]
    pinned = IMAGE.replace("1", "2")
    made = build_application(SparkTemplate("things-silver", "silver", given, {"a": "b"}), attempt(), pinned)
    spec = made["spec"]
    assert made["metadata"]["name"] == NAME
    assert made["metadata"]["labels"] == {"a": "b", **attempt().labels}
    assert made["metadata"]["annotations"] == {"wavehouse.dev/run-id": "manual__2026-11-20T00:00:00+00:00"}
    assert (spec["image"], spec["executor"]["image"], "image" in spec["driver"]) == (pinned, pinned, False)
    assert spec["restartPolicy"] == {"type": "Never"}
    assert spec["arguments"][2:] == ["--partition", DAY, "--run-id", "manual__2026-11-20T00:00:00+00:00"]
    assert spec["sparkConf"]["spark.kubernetes.executor.podNamePrefix"] == NAME
    assert spec["driver"]["labels"] == {"wavehouse.dev/step": "silver", **attempt().labels}
    assert spec["executor"]["labels"] == attempt().labels
    assert spec["timeToLiveSeconds"] > 0
    # The template stays as it was.
    assert given == template()["spec"]["template"]


def driver(status: Object) -> Object:
    container = {"name": "spark-kubernetes-driver", "image": IMAGE}
    return {"metadata": {"name": "d"}, "spec": {"containers": [container]}, "status": status}


UNSCHEDULABLE = {
    "phase": "Pending",
    "conditions": [
        {"type": "PodScheduled", "status": "False", "message": "0/1 nodes are available: 1 Insufficient cpu."}
    ],
}
EVICTED = {"phase": "Failed", "reason": "Evicted", "message": "The node was low on resource: memory."}
NOT_FOUND = "failed to resolve reference: localhost:5001/x@sha256:1: not found"


@pytest.mark.parametrize(
    ("status", "kind", "said"),
    [
        (ended(0), None, ""),
        ({"phase": "Succeeded"}, None, ""),
        (
            ended(1, "silver: /opt/pipeline.yaml:3: what is wrong\nand more"),
            UserError,
            "^silver: .*\nand more$",
        ),
        (
            ended(1, "Traceback (most recent call last):"),
            RuntimeError,
            r"status 1\. Its last lines:\nlast words",
        ),
        (ended(1, "gold: not of this step"), RuntimeError, "ended with status 1"),
        (ended(2), RuntimeError, "ended with status 2"),
        (ended(137, reason="OOMKilled"), RuntimeError, r"status 137 \(OOMKilled\): .*memory is not enough"),
        (ended(137), RuntimeError, "it was killed"),
        (ended(143, "silver: half a word"), RuntimeError, "ended with status 143"),
        (EVICTED, RuntimeError, "failed: Evicted: The node was low"),
        (
            waiting("ImagePullBackOff", NOT_FOUND),
            UserError,
            rf"image {IMAGE} cannot be pulled .*was it pushed",
        ),
        (waiting("InvalidImageName", "no"), UserError, "cannot be pulled"),
        (
            waiting("ErrImagePull", "dial tcp: connection refused"),
            RuntimeError,
            "cannot start: ErrImagePull: dial",
        ),
        (
            waiting("CreateContainerConfigError", 'secret "lakehouse" not found'),
            RuntimeError,
            "lakehouse.*not found",
        ),
        (UNSCHEDULABLE, RuntimeError, r"no node takes the driver d: 0/1 nodes.*Insufficient cpu"),
        (waiting("ContainerCreating", ""), RuntimeError, "was given up: More than 300s"),
        (running(), RuntimeError, "was given up: More than 300s"),
    ],
)
def test_a_verdict_from_the_drivers_pod(status: Object, kind: type[Exception] | None, said: str) -> None:
    event = {"status": "timeout", "message": "More than 300s", "name": "d"}
    found = failure("silver", None, driver(status), event, ["last words"])
    assert type(found) is (kind or type(None))
    assert re.search(said, str(found) if found else "", re.DOTALL)


@pytest.mark.parametrize(
    ("state", "event", "good"),
    [
        ("COMPLETED", "error", True),
        ("", "success", True),
        ("FAILED", "error", False),
        ("RUNNING", "failed", False),
    ],
)
def test_a_verdict_without_a_driver(state: str, event: str, good: bool) -> None:
    application = {"status": {"applicationState": {"state": state}}}
    found = failure("silver", application, None, {"status": event, "name": "d"}, [])
    assert (found is None) is good
    assert good or "the driver d is gone" in str(found)


# What follows runs the task itself against an API server of the test's own, through the provider's client.


@pytest.fixture
def kube(monkeypatch: pytest.MonkeyPatch) -> Iterator[KubeApi]:
    with serve_kube() as served:
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "c", "cluster": {"server": served.url}}],
            "users": [{"name": "u", "user": {}}],
            "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
            "current-context": "x",
        }
        connection = {"conn_type": "kubernetes", "extra": {"kube_config": json.dumps(config)}}
        monkeypatch.setenv("AIRFLOW_CONN_KUBERNETES_DEFAULT", json.dumps(connection))
        for name in ("_POLL_SECONDS", "_SUBMIT_SECONDS"):
            monkeypatch.setattr(kubernetes_step, name, 0.02 if name == "_POLL_SECONDS" else 1)
        monkeypatch.setattr(cluster, "_POLL_SECONDS", 0.02)
        served.add("scheduledsparkapplications", template())
        served.on_delete = served.drop_driver
        yield served


def context(try_number: int = 1) -> Any:
    run_id = "manual__2026-11-20T00:00:00+00:00"
    instance = SimpleNamespace(
        dag_id="things_process",
        task_id="silver",
        run_id=run_id,
        try_number=try_number,
        max_tries=2,
        start_date=datetime.now(UTC),
        xcom_push=lambda **_: None,
    )
    run = SimpleNamespace(partition_key=DAY, run_id=run_id)
    store = SimpleNamespace(get=lambda _: None, set=lambda *_: None)
    return {"ti": instance, "dag_run": run, "params": {}, "outlet_events": {}, "task_state_store": store}


def task() -> KubernetesSparkStep:
    return KubernetesSparkStep(task_id="silver", images=RunImages("things", ("silver",)))


def start(kube: KubeApi, status: Object | None = None, log: str = "", try_number: int = 1) -> Any:
    """Runs the task to its deferral; returns its trigger."""
    kube.on_create = lambda made: kube.add_driver(made, status or running(), log)
    with pytest.raises(TaskDeferred) as caught:
        task().execute(context(try_number))
    assert caught.value.method_name == "trigger_reentry"
    return caught.value.trigger


def resume(event: Object, try_number: int = 1, method: str = "trigger_reentry") -> None:
    kwargs = {"event": {"name": "d", **event}} if method == "trigger_reentry" else event
    task().resume_execution(method, kwargs, context(try_number))


def test_a_job_is_made_and_waited_for_in_the_triggerer(kube: KubeApi) -> None:
    trigger = start(kube)
    assert kube.left == [NAME, f"{NAME}-driver"]
    assert kube.objects["sparkapplications"][NAME]["spec"]["image"] == IMAGE
    path, kwargs = trigger.serialize()
    # The triggerer's image has the provider and none of our code.
    assert path == "airflow.providers.cncf.kubernetes.triggers.pod.KubernetesPodTrigger"
    assert (kwargs["pod_name"], kwargs["pod_namespace"]) == (f"{NAME}-driver", "processing")
    assert (kwargs["startup_timeout"], kwargs["schedule_timeout"]) == (300, 300)
    assert kwargs["get_logs"] is False


def test_a_job_that_succeeded_leaves_its_log_and_nothing_else(
    kube: KubeApi, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    start(kube)
    kube.add_driver(kube.objects["sparkapplications"][NAME], ended(0), "line 1\n100% of it\nthe end")
    resume({"status": "success"})
    said = caplog.text + capfd.readouterr().out
    assert [line for line in ("line 1", "100% of it", "the end") if line not in said] == []
    assert kube.left == []


def test_a_job_that_is_quick_is_never_deferred(kube: KubeApi) -> None:
    kube.on_create = lambda made: kube.add_driver(made, ended(0))
    task().execute(context())
    assert kube.left == []


@pytest.mark.parametrize(
    ("status", "kind", "said"),
    [
        (
            ended(1, "silver: pipeline.yaml:3: wrong"),
            AirflowFailException,
            "^silver: pipeline.yaml:3: wrong$",
        ),
        (ended(1), RuntimeError, r"ended with status 1\. Its last lines:\nlast words"),
        (waiting("ImagePullBackOff", NOT_FOUND), AirflowFailException, "cannot be pulled"),
    ],
)
def test_a_failure_is_told_and_leaves_nothing(
    kube: KubeApi, status: Object, kind: type[Exception], said: str
) -> None:
    start(kube)
    kube.add_driver(kube.objects["sparkapplications"][NAME], status, "last words\n")
    with pytest.raises(kind, match=said):
        resume({"status": "error", "message": "m"})
    assert kube.left == []


def test_a_driver_that_somebody_deleted(kube: KubeApi) -> None:
    start(kube)
    kube.drop_driver(kube.objects["sparkapplications"][NAME])
    with pytest.raises(RuntimeError, match="is gone"):
        resume({"status": "error"})
    assert kube.left == []


def test_a_trigger_that_lost_sight_waits_again_but_not_for_ever(kube: KubeApi) -> None:
    start(kube)
    with pytest.raises(TaskDeferred) as caught:
        resume({"status": "error", "message": "503"})
    assert caught.value.trigger.trigger_kwargs["_redefer_count"] == 1
    assert kube.left == [NAME, f"{NAME}-driver"]
    with pytest.raises(RuntimeError, match="was given up: 503"):
        resume({"status": "error", "message": "503", "_redefer_count": 3})
    assert kube.left == []


def test_a_trigger_that_failed_leaves_nothing(kube: KubeApi) -> None:
    start(kube)
    with pytest.raises(TaskDeferralError):
        resume({"error": "Trigger failure"}, method="__fail__")
    assert kube.left == []


def test_a_retry_first_removes_what_earlier_tries_left(kube: KubeApi) -> None:
    start(kube)
    left = kube.left

    def go_slowly(application: Object) -> None:
        threading.Timer(0.3, kube.drop_driver, [application]).start()

    def create(made: Object) -> None:
        assert kube.left == [made["metadata"]["name"]], "a second writer beside the first"
        kube.add_driver(made, running())

    kube.on_delete, kube.on_create = go_slowly, create
    with pytest.raises(TaskDeferred):
        task().execute(context(2))
    assert left == [NAME, f"{NAME}-driver"]
    assert kube.left == [f"{NAME[:-1]}2", f"{NAME[:-1]}2-driver"]


def test_a_try_that_runs_again_starts_from_nothing(kube: KubeApi) -> None:
    start(kube)
    first = kube.objects["sparkapplications"][NAME]
    start(kube)
    assert kube.objects["sparkapplications"][NAME] is not first
    assert kube.left == [NAME, f"{NAME}-driver"]


def test_other_partitions_and_tasks_are_left_alone(kube: KubeApi) -> None:
    for other in (attempt(partition="2026-11-21"), attempt(task_id="gold")):
        made = build_application(SparkTemplate("t", "s", template()["spec"]["template"]), other, IMAGE)
        kube.add("sparkapplications", made)
        kube.add_driver(made, running())
    before = kube.left
    start(kube)
    assert set(before) < set(kube.left)


def test_what_does_not_go_holds_the_next_try(kube: KubeApi, monkeypatch: pytest.MonkeyPatch) -> None:
    start(kube)
    kube.on_delete = lambda _: None
    monkeypatch.setattr(kubernetes_step, "_REMOVE_SECONDS", 0.1)
    with pytest.raises(RuntimeError, match=f"still there: {NAME}-driver; a table must not have two writers"):
        task().execute(context(2))
    assert kube.objects["sparkapplications"] == {}


def test_a_pod_that_ended_is_no_writer(kube: KubeApi) -> None:
    start(kube)
    kube.add_driver(kube.objects["sparkapplications"].pop(NAME), ended(137))
    start(kube, try_number=2)


def test_no_driver_within_the_time(kube: KubeApi) -> None:
    with pytest.raises(RuntimeError, match=r"has no driver after 1 s .*is the Spark operator up"):
        task().execute(context())
    assert kube.left == []


def test_a_submission_that_failed(kube: KubeApi) -> None:
    def refuse(made: Object) -> None:
        state = {"state": "FAILED", "errorMessage": "failed to run spark-submit: quota exceeded"}
        made["status"] = {"applicationState": state}

    kube.on_create = refuse
    with pytest.raises(RuntimeError, match=f"could not start {NAME}: failed to run spark-submit: quota"):
        task().execute(context())
    assert kube.left == []


def test_a_task_that_is_killed_while_it_starts(kube: KubeApi) -> None:
    step = task()
    kube.on_create = lambda _: step.on_kill()
    with pytest.raises(RuntimeError, match=r"the task was stopped|somebody deleted"):
        step.execute(context())
    assert kube.left == []


def test_calls_are_repeated_where_the_api_server_is_away(kube: KubeApi) -> None:
    kube.faults = {"GET sparkapplications": [503], "POST sparkapplications": [500], "GET pods": [429]}
    start(kube)
    assert kube.left == [NAME, f"{NAME}-driver"]


def test_a_right_that_is_missing_is_told(kube: KubeApi) -> None:
    kube.faults = {"POST sparkapplications": [403]}
    with pytest.raises(
        AirflowFailException, match=f"refuses the SparkApplication {NAME}.*a fault of the test"
    ):
        task().execute(context())


def test_no_template(kube: KubeApi) -> None:
    kube.objects["scheduledsparkapplications"].clear()
    with pytest.raises(AirflowFailException, match=r"namespace processing: no Sch.* step silver of things"):
        task().execute(context())
