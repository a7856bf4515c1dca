"""The DAGs of a pipeline that reads a database and has several marts."""

from __future__ import annotations

from pathlib import Path
from shutil import copytree
from typing import Any

import dags_environment  # before Airflow
import pytest
from airflow.sdk import DAG
from dag_shape import outlets, waited_for

from wavehouse.dags.application import Attempt, build_application
from wavehouse.dags.build import build_dags
from wavehouse.dags.templates import SparkTemplate

SHOP = Path(__file__).parents[3] / "actions/lib/testing/pipelines/ecommerce/pipeline.yaml"
ASSET = "wavehouse://ecommerce"


@pytest.fixture(scope="module")
def dags() -> dict[str, DAG]:
    assert dags_environment.HOME.is_dir()
    return build_dags(SHOP)


def test_a_database_is_read_by_one_step_that_tells_each_table(dags: dict[str, DAG]) -> None:
    ingest = dags["ecommerce_ingest"]
    assert [task.task_id for task in ingest.tasks] == ["raw"]
    raw = outlets(ingest)["raw"]
    assert raw[:2] == [f"{ASSET}/raw/customers", f"{ASSET}/raw/products"]
    assert waited_for(dags["ecommerce_process"]) == set(raw)


def test_a_pipeline_that_says_so_waits_to_be_turned_on(tmp_path: Path) -> None:
    folder = tmp_path / "ecommerce"
    copytree(SHOP.parent, folder)
    file = folder / "pipeline.yaml"
    assert build_dags(file)["ecommerce_ingest"].is_paused_upon_creation is False
    file.write_text(file.read_text().replace("spec:\n", "spec:\n  paused: true\n", 1))
    paused = {name: dag.is_paused_upon_creation for name, dag in build_dags(file).items()}
    assert [name for name, waits in paused.items() if waits] == ["ecommerce_ingest"]


def test_what_reads_a_database_takes_its_connections_from_a_pool(dags: dict[str, DAG]) -> None:
    raw = dags["ecommerce_ingest"].task_dict["raw"]
    assert (raw.pool, raw.pool_slots) == ("source_shop_postgres", 4)
    others = [task for dag in dags.values() for task in dag.tasks if task is not raw]
    assert {task.pool for task in others} == {"default_pool"}


def test_maintenance_is_a_dag_of_its_own_on_its_own_schedule(tmp_path: Path) -> None:
    folder = tmp_path / "ecommerce"
    copytree(SHOP.parent, folder)
    file = folder / "pipeline.yaml"
    assert "ecommerce_maintenance" not in build_dags(file)
    file.write_text(
        file.read_text().replace("spec:\n", 'spec:\n  maintenance: { schedule: "45 4 * * *" }\n', 1)
    )
    made = build_dags(file)["ecommerce_maintenance"]
    assert [task.task_id for task in made.tasks] == ["maintain"]
    timetable: Any = made.timetable
    assert timetable.expression == "45 4 * * *"
    assert made.max_active_runs == 1


def test_each_mart_waits_for_just_what_it_reads(dags: dict[str, DAG]) -> None:
    marts = {name: dag for name, dag in dags.items() if "_gold_" in name}
    assert {name.removeprefix("ecommerce_gold_"): waited_for(dag) for name, dag in marts.items()} == {
        "sales_daily": {
            f"{ASSET}/silver/{name}" for name in ("orders", "order_items", "products", "refunds")
        },
        "customer_360": {f"{ASSET}/silver/{name}" for name in ("customers", "orders", "order_items")},
        "inventory_daily": {f"{ASSET}/silver/{name}" for name in ("inventory_movements", "products")},
        "logistics": {f"{ASSET}/silver/shipments", f"{ASSET}/gold/sales_daily"},
    }
    assert "gold" not in dags["ecommerce_process"].task_dict
    for name, dag in marts.items():
        dag.check_cycle()
        mart = name.removeprefix("ecommerce_gold_")
        assert [task.task_id for task in dag.tasks] == ["gold", "report"]
        assert outlets(dag) == {"gold": [f"{ASSET}/gold/{mart}"]}
        step: Any = dag.task_dict["gold"]
        assert step.job_arguments == ["--mart", mart]


def test_what_a_mart_is_told_reaches_its_program() -> None:
    template = SparkTemplate(
        "shop-gold", "gold", {"driver": {}, "executor": {}, "arguments": ["--pipeline", "p"]}
    )
    attempt = Attempt("shop_gold_sales", "gold", "2026-01-31", "run", 1)
    made = build_application(template, attempt, "image@sha256:1", ["--mart", "sales"])
    told = ["--pipeline", "p", "--partition", "2026-01-31", "--run-id", "run", "--mart", "sales"]
    assert made["spec"]["arguments"] == told
