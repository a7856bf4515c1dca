"""Jobs on real local Spark and a real S3 server, through S3A, with what goes wrong in a cluster."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from conftest import PIPELINE, SQL
from s3_server import BUCKET, S3Server, find_versitygw, free_port

from wavehouse import layout
from wavehouse.store import Store
from wavehouse.testing import Lake

DAY = "2026-11-20"
RUNTIME = Path(__file__).parents[1]
RECORDS = [
    {"id": str(number), "name": f"n{number}", "country": "ES", "size": number} for number in range(500)
]


@pytest.fixture
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    folder = tmp_path_factory.mktemp("s3")
    found = S3Server(find_versitygw(folder), folder / "data", free_port())
    found.start()
    yield found
    found.stop()


@pytest.fixture
def lake(server: S3Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lake:
    """A lake on S3 with a day's bronze in it. What is in it, is read from the server's own folder."""
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    file = tmp_path / "pipeline.yaml"
    file.write_text(PIPELINE)
    (tmp_path / "by_country.sql").write_text(SQL)
    nowhere = cast("Any", None)
    Lake(nowhere, file, Store.open(BUCKET, "s3a://{bucket}")).ingest(DAY, RECORDS[:200], RECORDS[200:])
    return Lake(nowhere, file, Store.open(BUCKET, f"{server.folder.as_uri()}/{{bucket}}"))


def start(step: str, lake: Lake, server: S3Server) -> subprocess.Popen[str]:
    """Starts a job with the settings that the overlay gives to its driver."""
    conf = {
        "spark.hadoop.fs.s3a.endpoint": server.environment["AWS_ENDPOINT_URL_S3"],
        "spark.hadoop.fs.s3a.endpoint.region": "us-east-1",
        "spark.hadoop.fs.s3a.path.style.access": "true",
    }
    arguments = " ".join(f"--conf {name}={value}" for name, value in conf.items())
    return subprocess.Popen(
        [
            sys.executable,
            str(RUNTIME / "wavehouse" / "jobs" / f"{step}.py"),
            *("--pipeline", str(lake.pipeline_file), "--partition", DAY, "--run-id", "r"),
        ],
        env={
            **{name: value for name, value in os.environ.items() if not name.startswith("PYSPARK")},
            **server.environment,
            "PYTHONPATH": str(RUNTIME),
            "WAVEHOUSE_STORE": "s3a://{bucket}",
            "PYSPARK_SUBMIT_ARGS": f"{arguments} pyspark-shell",
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def run(step: str, lake: Lake, server: S3Server) -> None:
    job = start(step, lake, server)
    said, _ = job.communicate(timeout=180)
    assert job.returncode == 0, said


def await_write(job: subprocess.Popen[str], folder: Path) -> None:
    """Waits until a job has begun to write data files below a folder."""
    while not next(folder.rglob("*.parquet"), None):
        assert job.poll() is None, cast("Any", job.stdout).read()
        time.sleep(0.002)


def test_a_driver_that_is_killed_in_mid_write_leaves_what_the_next_try_mends(
    lake: Lake, server: S3Server
) -> None:
    staging = server.folder / BUCKET / layout.staging_table("shop", "things")
    killed = start("silver", lake, server)
    await_write(killed, staging)
    os.killpg(killed.pid, signal.SIGKILL)
    killed.communicate()
    # Files that no commit names are no rows.
    assert list(staging.rglob("*.parquet"))
    assert len(lake.staged("things")) in (0, len(RECORDS))

    run("silver", lake, server)
    run("quality", lake, server)
    run("gold", lake, server)
    assert [row["id"] for row in lake.staged("things")] == [record["id"] for record in RECORDS]
    assert {row["id"] for row in lake.published("things")} == {record["id"] for record in RECORDS}
    assert lake.mart("by_country") == [{"country": "ES", "things": len(RECORDS)}]


def test_a_store_that_is_away_in_mid_write_is_waited_for(lake: Lake, server: S3Server) -> None:
    job = start("silver", lake, server)
    await_write(job, server.folder / BUCKET / layout.staging_table("shop", "things"))
    server.stop()
    back = threading.Timer(20, server.start)
    back.start()
    said, _ = job.communicate(timeout=180)
    back.join()
    # Airflow tries again what gave up; what held out is done.
    if job.returncode != 0:
        run("silver", lake, server)
    assert len(lake.staged("things")) == len(RECORDS), said
