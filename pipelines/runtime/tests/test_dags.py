"""The DAGs that a pipeline.yaml makes: what they look like, and how they run in a real Airflow."""

from __future__ import annotations

import json
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import dags_environment  # before Airflow
import pytest
from airflow.dag_processing.bundles.manager import DagBundlesManager
from airflow.dag_processing.dagbag import BundleDagBag
from airflow.models.asset import AssetEvent, AssetModel
from airflow.sdk import DAG
from airflow.serialization.serialized_objects import DagSerialization
from airflow.settings import Session
from airflow.utils.db import initdb
from dag_shape import outlets, waited_for
from dags_registry import JOB, Registry, find_crane, start_registry, template
from ingest_api import PIPELINE, Answer, Api, serve_things
from sqlalchemy import select

from wavehouse import layout
from wavehouse.dags.build import build_dags
from wavehouse.dags.bundle import PipelinesBundle
from wavehouse.errors import UserError
from wavehouse.manifest import read_manifest
from wavehouse.store import Store

REPOSITORY = Path(__file__).parents[3]
DAY = "2026-11-20"
MARTS = "  marts: [{ name: per_day, sql: gold/per_day.sql, description: Things a day. }]\n"


@pytest.fixture
def breweries() -> dict[str, DAG]:
    return build_dags(REPOSITORY / "pipelines" / "breweries" / "pipeline.yaml")


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    def write_pipeline(text: str = PIPELINE, name: str = "things") -> Path:
        file = tmp_path / name / "pipeline.yaml"
        file.parent.mkdir()
        file.write_text(text.replace("URL", "http://localhost/v1/things"))
        return file

    return write_pipeline


def test_breweries_makes_two_dags(breweries: dict[str, DAG]) -> None:
    assert list(breweries) == ["breweries_ingest", "breweries_process"]
    for dag in breweries.values():
        dag.check_cycle()
        assert dag.max_active_runs == 1
        assert dag.catchup is False
        assert dag.owner == "data-platform"
        assert {"wavehouse", "breweries"} <= dag.tags
        assert "gold.breweries_by_type_and_location" in (dag.doc_md or "")
        assert {task.retries for task in dag.tasks} == {2}


def test_the_process_is_one_line_of_steps(breweries: dict[str, DAG]) -> None:
    dag = breweries["breweries_process"]
    assert {task.task_id: sorted(task.upstream_task_ids) for task in dag.tasks} == {
        "silver": [],
        "quality": ["silver"],
        "gold": ["quality"],
        "report": ["gold"],
    }
    assert dag.task_dict["report"].is_teardown
    assert dag.task_dict["report"].on_failure_fail_dagrun is False


def test_assets_join_the_dags(breweries: dict[str, DAG]) -> None:
    ingest, process = breweries.values()
    bronze = "wavehouse://breweries/bronze/breweries"
    assert outlets(ingest) == {"ingest_breweries": [bronze]}
    assert waited_for(process) == {bronze}
    assert outlets(process) == {
        "quality": ["wavehouse://breweries/silver/breweries"],
        "gold": ["wavehouse://breweries/gold/breweries_by_type_and_location"],
    }


@pytest.mark.parametrize(
    ("schedule", "cron", "timezone"),
    [
        ('"@daily"', "0 0 * * *", "UTC"),
        ('"30 4 * * 1-5"', "30 4 * * 1-5", "UTC"),
        ('{ cron: "@daily", timezone: Europe/Madrid }', "0 0 * * *", "Europe/Madrid"),
    ],
)
def test_a_schedule_makes_day_partitions(
    write: Callable[..., Path], schedule: str, cron: str, timezone: str
) -> None:
    dag = build_dags(write(PIPELINE.replace('"@daily"', schedule)))["things_ingest"]
    timetable: Any = dag.timetable
    assert (timetable.expression, str(timetable.timezone), timetable.key_format) == (
        cron,
        timezone,
        "%Y-%m-%d",
    )


def test_a_schedule_can_wait_for_assets(write: Callable[..., Path]) -> None:
    dag = build_dags(write(PIPELINE.replace('"@daily"', "{ assets: [x://a/one, x://a/two] }")))[
        "things_ingest"
    ]
    assert waited_for(dag) == {"x://a/one", "x://a/two"}


def test_every_table_is_ingested_and_waited_for(write: Callable[..., Path]) -> None:
    other = (
        "    - { name: others, source: api, from: /o, keys: [id], write: merge, columns: { id: string } }\n"
    )
    ingest, process = build_dags(write(PIPELINE + other)).values()
    assert outlets(ingest) == {
        "ingest_things": ["wavehouse://things/bronze/things"],
        "ingest_others": ["wavehouse://things/bronze/others"],
    }
    assert waited_for(process) == {
        "wavehouse://things/bronze/things",
        "wavehouse://things/bronze/others",
    }


def test_a_pipeline_without_marts_has_no_gold(write: Callable[..., Path]) -> None:
    assert "gold" not in build_dags(write())["things_process"].task_dict


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (
            ("type: http", "type: google-sheets"),
            r"pipeline\.yaml:8: source api: this runtime ingests `type: http`",
        ),
        (("name: things, owner", "name: other, owner"), r"metadata\.name is other, but the folder is things"),
    ],
)
def test_what_cannot_run_is_refused_at_its_line(
    write: Callable[..., Path], edit: tuple[str, str], message: str
) -> None:
    with pytest.raises(UserError, match=message):
        build_dags(write(PIPELINE.replace(*edit)))


def test_a_broken_pipeline_hides_no_other() -> None:
    add("good", PIPELINE.replace("name: things, owner", "name: good, owner"))
    add("broken", "apiVersion: wavehouse.dev/v1\nkind: Pipeline\nmetadata: { name: broken }\n")
    bag = load()
    assert {"good_ingest", "good_process"} <= set(bag.dags)
    assert list(bag.import_errors) == ["broken.py"]
    assert "broken/pipeline.yaml:1: the file: `spec` is missing" in bag.import_errors["broken.py"]


def test_a_pipeline_that_went_takes_its_dags_along() -> None:
    add("good", PIPELINE.replace("name: things, owner", "name: good, owner"))
    assert "good_ingest" in load().dags
    shutil.rmtree(dags_environment.PIPELINES / "good")
    assert load().dags == {}


def test_the_bundle_needs_a_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WAVEHOUSE_PIPELINES", raising=False)
    with pytest.raises(UserError, match="WAVEHOUSE_PIPELINES is not set"):
        PipelinesBundle(name="pipelines")


def add(name: str, text: str) -> Path:
    file = dags_environment.PIPELINES / name / "pipeline.yaml"
    file.parent.mkdir(exist_ok=True)
    file.write_text(text.replace("URL", "http://localhost/v1/things"))
    return file


@pytest.fixture(autouse=True)
def no_pipelines() -> Iterator[None]:
    yield
    for folder in dags_environment.PIPELINES.iterdir():
        shutil.rmtree(folder)


def load() -> BundleDagBag:
    manager: Any = DagBundlesManager
    bundle = manager().get_bundle("pipelines")
    bundle.initialize()
    return BundleDagBag(dag_folder=bundle.path, bundle_path=bundle.path, bundle_name=bundle.name)


# What follows runs the DAGs in a real Airflow, with its database, task runner and execution API in this process.


@pytest.fixture(scope="module")
def _database() -> None:
    initdb()


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    folder = tmp_path_factory.mktemp("registry")
    crane = find_crane(folder)
    process, host = start_registry(crane, folder / "disk")
    yield Registry(crane, host)
    process.terminate()
    process.wait()


@pytest.fixture
def api() -> Iterator[Api]:
    with serve_things() as served:
        yield served


class Airflow:
    """Runs the DAGs of one pipeline, `things`, whose jobs are a few lines of Python in real images."""

    def __init__(self, folder: Path, registry: Registry) -> None:
        self.folder = folder
        self.registry = registry
        self.store = Store.open("lake", f"file://{folder}/store/{{bucket}}")

    def deliver(self, **jobs: str) -> None:
        """Pushes the steps' images, and renders their templates."""
        refs = {
            step: self.registry.push_job(f"things-{step}", step, f"{JOB}\n{jobs.get(step, '')}\n")
            for step in ("silver", "quality", "gold")
        }
        (self.folder / "rendered.yaml").write_text(
            "".join(template("things", step, ref) for step, ref in refs.items())
        )

    def run(self, dag_id: str, conf: dict[str, Any]) -> tuple[str, dict[str, str]]:
        """Runs a DAG; returns the run's state and its tasks'."""
        run: Any = load().dags[dag_id].test(run_conf=conf, logical_date=None)
        self.run_id = run.run_id
        return str(run.state), {task.task_id: str(task.state) for task in run.get_task_instances()}

    def report(self) -> dict[str, Any]:
        key = layout.run_report("things", DAY, self.run_id)
        found: dict[str, Any] = json.loads(self.store.read(key))
        return found


@pytest.fixture
def airflow(
    _database: None,
    registry: Registry,
    api: Api,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Airflow:
    settings = {
        "WAVEHOUSE_STORE": f"file://{tmp_path}/store/{{bucket}}",
        "WAVEHOUSE_SPARK": "local",
        "WAVEHOUSE_TEMPLATES": str(tmp_path / "rendered.yaml"),
        "WAVEHOUSE_CRANE": str(registry.crane),
        "WAVEHOUSE_IMAGES": str(tmp_path / "images"),
        "WAVEHOUSE_CODE_VERSION": "c0ffee",
        "WAVEHOUSE_TASK_RETRIES": "0",
        "WAVEHOUSE_SOURCE_URL_THINGS_API": api.url,
        "SEEN": str(tmp_path / "seen.json"),
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    add("things", PIPELINE + MARTS)
    return Airflow(tmp_path, registry)


def events(uri: str) -> list[str | None]:
    """The partitions of an Asset's events, in their order."""
    query = select(AssetEvent.partition_key).join(AssetModel, AssetModel.id == AssetEvent.asset_id)
    assert Session
    with Session() as session:
        return list(session.scalars(query.where(AssetModel.uri == uri).order_by(AssetEvent.id)))


def test_ingest_publishes_and_then_tells(airflow: Airflow) -> None:
    before = len(events("wavehouse://things/bronze/things"))
    state, tasks = airflow.run("things_ingest", {"ingest_date": DAY})
    assert (state, tasks) == ("success", {"ingest_things": "success"})
    assert read_manifest(airflow.store, "things", "things", DAY).records == 25
    assert events("wavehouse://things/bronze/things")[before:] == [DAY]


def test_an_ingest_that_fails_tells_nobody(airflow: Airflow, api: Api) -> None:
    before = events("wavehouse://things/bronze/things")
    api.faults = {3: [Answer(b"[]")]}
    state, tasks = airflow.run("things_ingest", {"ingest_date": DAY})
    assert (state, tasks) == ("failed", {"ingest_things": "failed"})
    with pytest.raises(UserError, match="no manifest"):
        read_manifest(airflow.store, "things", "things", DAY)
    assert events("wavehouse://things/bronze/things") == before


def test_an_ingest_by_hand_is_of_today(airflow: Airflow) -> None:
    airflow.run("things_ingest", {})
    assert events("wavehouse://things/bronze/things")[-1] == time.strftime("%Y-%m-%d", time.gmtime())


def test_process_runs_every_step_and_reports(airflow: Airflow) -> None:
    airflow.deliver()
    state, tasks = airflow.run("things_process", {"ingest_date": DAY})
    assert state == "success"
    assert set(tasks.values()) == {"success"}
    report = airflow.report()
    assert (report["status"], report["partition"], report["code_version"]) == ("succeeded", DAY, "c0ffee")
    assert sorted(report["images"]) == ["gold", "quality", "silver"]
    assert all("@sha256:" in image for image in report["images"].values())
    assert events("wavehouse://things/silver/things")[-1] == DAY
    assert events("wavehouse://things/gold/per_day")[-1] == DAY


def test_a_failed_step_fails_the_run_and_is_reported(airflow: Airflow) -> None:
    before = events("wavehouse://things/silver/things")
    airflow.deliver(quality="sys.exit('quality: rule `id is not null`: 3 rows')")
    state, tasks = airflow.run("things_process", {"ingest_date": DAY})
    assert state == "failed"
    assert tasks == {
        "silver": "success",
        "quality": "failed",
        "gold": "upstream_failed",
        "report": "success",
    }
    assert airflow.report()["status"] == "failed"
    assert events("wavehouse://things/silver/things") == before


def test_a_run_that_cannot_pin_is_reported_too(airflow: Airflow) -> None:
    (airflow.folder / "rendered.yaml").write_text(template("things", "silver", "localhost:5001/x:unbuilt"))
    state, tasks = airflow.run("things_process", {"ingest_date": DAY})
    assert (state, tasks["silver"], tasks["quality"]) == ("failed", "failed", "upstream_failed")
    assert (airflow.report()["status"], airflow.report()["images"]) == ("failed", {})


def test_a_run_keeps_the_images_that_it_pinned(airflow: Airflow) -> None:
    rendered, bumped = airflow.folder / "rendered.yaml", airflow.folder / "bumped.yaml"
    airflow.deliver(gold="sys.exit('gold: the new gold')")
    rendered.rename(bumped)
    # A bump that lands while silver runs.
    airflow.deliver(silver=f"os.replace({str(bumped)!r}, {str(rendered)!r})")
    state, _ = airflow.run("things_process", {"ingest_date": DAY})
    assert state == "success"
    assert not bumped.exists()


@pytest.mark.parametrize(
    ("conf", "message"),
    [({}, "which partition"), ({"ingest_date": "2026-13-01"}, "expected a day")],
)
def test_a_process_needs_a_day(
    airflow: Airflow, conf: dict[str, Any], message: str, capfd: pytest.CaptureFixture[str]
) -> None:
    airflow.deliver()
    state, tasks = airflow.run("things_process", conf)
    assert (state, tasks["silver"]) == ("failed", "failed")
    assert message in capfd.readouterr().out


def test_a_word_for_no_spark_is_refused(write: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WAVEHOUSE_SPARK", "yarn")
    with pytest.raises(UserError, match="WAVEHOUSE_SPARK=yarn: expected kubernetes or local"):
        build_dags(write())


@pytest.mark.parametrize("needs_it", [True, False])
def test_only_a_cluster_needs_the_provider(
    write: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, needs_it: bool
) -> None:
    monkeypatch.setenv("WAVEHOUSE_SPARK", "kubernetes" if needs_it else "local")
    for name in ("airflow.providers.cncf.kubernetes.hooks.kubernetes", "kubernetes.client"):
        monkeypatch.setitem(sys.modules, name, None)
    for name in ("cluster", "kubernetes_step"):
        monkeypatch.delitem(sys.modules, f"wavehouse.dags.{name}", raising=False)
    file = write()
    if not needs_it:
        assert "silver" in build_dags(file)["things_process"].task_dict
        return
    with pytest.raises(
        UserError, match=r"install apache-airflow-providers-cncf-kubernetes.* or set WAVEHOUSE_SPARK=local"
    ):
        build_dags(file)


def test_in_a_cluster_only_what_touches_the_lake_has_its_key(
    breweries: dict[str, DAG],
) -> None:
    overrides = {
        name: task.executor_config["pod_override"].to_dict()["spec"]
        for dag in breweries.values()
        for name, task in dag.task_dict.items()
        if task.executor_config
    }
    assert sorted(overrides) == ["ingest_breweries", "report"]
    for spec in overrides.values():
        assert spec["service_account_name"] == "bronze"
        assert spec["automount_service_account_token"] is False
        (container,) = spec["containers"]
        assert container["name"] == "base"
        assert container["env_from"][0]["secret_ref"]["name"] == "lakehouse"


def test_on_this_machine_there_are_no_pods(
    write: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WAVEHOUSE_SPARK", "local")
    dags = build_dags(write())
    assert not [task for dag in dags.values() for task in dag.tasks if task.executor_config]


def test_a_clusters_dag_goes_through_the_database(breweries: dict[str, DAG]) -> None:
    dag = breweries["breweries_process"]
    again = DagSerialization.from_dict(DagSerialization.to_dict(dag))
    assert set(again.task_dict) == set(dag.task_dict)
    quality = again.task_dict["quality"]
    assert quality.task_type == "KubernetesSparkStep"
    assert quality.upstream_task_ids == {"silver"}
    override = again.task_dict["report"].executor_config["pod_override"]
    assert override.spec.service_account_name == "bronze"
