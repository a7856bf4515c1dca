"""The pools of the pipelines' databases, in a real Airflow's database, made by its own DAG processor."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from shutil import copytree

import dags_environment  # before Airflow
import pytest

from wavehouse.dags.pools import wanted_pools
from wavehouse.spec import load_pipeline

SHOP = Path(__file__).parents[3] / "actions/lib/testing/pipelines/ecommerce"
RUNTIME = Path(__file__).parents[1]


@pytest.fixture
def airflow(tmp_path: Path) -> dict[str, str]:
    """The environment of an Airflow whose pipelines are a copy of the shop's."""
    assert dags_environment.HOME.is_dir()
    copytree(SHOP, tmp_path / "pipelines" / "ecommerce")
    bundle = {
        "name": "pipelines",
        "classpath": "wavehouse.dags.bundle.PipelinesBundle",
        "kwargs": {},
    }
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW")},
        "AIRFLOW_HOME": str(tmp_path / "airflow"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(RUNTIME / "wavehouse" / "dags" / "plugins"),
        "AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST": json.dumps([bundle]),
        "PYTHONPATH": str(RUNTIME),
        "WAVEHOUSE_PIPELINES": str(tmp_path / "pipelines"),
    }


def run(environment: dict[str, str], *arguments: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "airflow", *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]


def pools(environment: dict[str, str]) -> dict[str, int]:
    with closing(sqlite3.connect(f"{environment['AIRFLOW_HOME']}/airflow.db")) as database:
        return dict(database.execute("SELECT pool, slots FROM slot_pool").fetchall())


def test_the_dag_processor_makes_the_pools_that_its_pipelines_need(airflow: dict[str, str]) -> None:
    run(airflow, "db", "migrate")
    file = Path(airflow["WAVEHOUSE_PIPELINES"]) / "ecommerce" / "pipeline.yaml"
    for slots in (4, 9):
        text = file.read_text()
        file.write_text(text.replace("maxConnections: 4", f"maxConnections: {slots}"))
        run(airflow, "dag-processor", "--num-runs", "1")
        assert pools(airflow)["source_shop_postgres"] == slots


def test_one_database_that_several_read_has_room_for_the_greatest(tmp_path: Path) -> None:
    files = []
    for name, slots in (("one", 3), ("two", 8)):
        file = copytree(SHOP, tmp_path / name) / "pipeline.yaml"
        file.write_text(file.read_text().replace("maxConnections: 4", f"maxConnections: {slots}"))
        files.append(file)
    assert wanted_pools(map(load_pipeline, files)) == {"source_shop_postgres": 8}
