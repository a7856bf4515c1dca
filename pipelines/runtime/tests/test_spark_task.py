"""The local executor of a Spark task: real images from a real registry, real processes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import tarfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import dags_environment  # noqa: F401  (before Airflow)
import pytest
from dags_registry import JOB, Registry, find_crane, start_registry, template

from wavehouse.dags.image import unpack_image
from wavehouse.dags.java import java_home
from wavehouse.dags.local_job import LocalJob
from wavehouse.dags.templates import rendered_templates
from wavehouse.errors import UserError


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    folder = tmp_path_factory.mktemp("registry")
    crane = find_crane(folder)
    process, host = start_registry(crane, folder / "disk")
    yield Registry(crane, host)
    process.terminate()
    process.wait()


@pytest.fixture(autouse=True)
def environment(registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WAVEHOUSE_CRANE", str(registry.crane))
    monkeypatch.setenv("WAVEHOUSE_IMAGES", str(tmp_path / "images"))
    monkeypatch.setenv("WAVEHOUSE_TEMPLATES", str(tmp_path / "rendered.yaml"))
    monkeypatch.setenv("WAVEHOUSE_STORE", "file:///lake/{bucket}")
    monkeypatch.setenv("SEEN", str(tmp_path / "seen.json"))
    monkeypatch.setenv("AIRFLOW__API_AUTH__JWT_SECRET", "not for jobs")
    monkeypatch.setenv("PYTHONPATH", "/the/checkout")


@pytest.fixture
def job(registry: Registry, tmp_path: Path) -> Callable[..., LocalJob]:
    def make(does: str = "") -> LocalJob:
        reference = registry.push_job("things-silver", "silver", f"{JOB}\n{does}\n")
        (tmp_path / "rendered.yaml").write_text(template("things", "silver", reference))
        found = rendered_templates().pick("things", "silver")
        return LocalJob(found, image=found.image, partition="2026-11-20", run_id="run 1")

    return make


def test_runs_what_the_image_carries(job: Callable[..., LocalJob], tmp_path: Path) -> None:
    lines: list[str] = []
    job().run(lines.append)

    seen = json.loads((tmp_path / "seen.json").read_text())
    root = next((tmp_path / "images").iterdir())
    assert seen["wavehouse"] == f"{root}/opt/wavehouse/runtime/wavehouse/__init__.py"
    assert seen["arguments"] == [
        "--pipeline",
        f"{root}/opt/wavehouse/pipeline/pipeline.yaml",
        "--partition",
        "2026-11-20",
        "--run-id",
        "run 1",
    ]
    assert "a line of the job" in lines


def test_gives_the_job_the_templates_settings_and_nothing_of_airflows(
    job: Callable[..., LocalJob], tmp_path: Path
) -> None:
    job().run(lambda _: None)

    seen = json.loads((tmp_path / "seen.json").read_text())
    env: dict[str, str] = seen["env"]
    root = next((tmp_path / "images").iterdir())
    assert env["PYTHONPATH"] == f"{root}/opt/wavehouse/runtime"
    assert "/the/checkout" not in seen["path"]
    assert env["WAVEHOUSE_STORE"] == "file:///lake/{bucket}"
    assert env["PYSPARK_SUBMIT_ARGS"] == (
        "--driver-memory 512m --conf spark.sql.shuffle.partitions=4 pyspark-shell"
    )
    assert env["SPARK_LOCAL_IP"] == "127.0.0.1"
    assert "FROM_SECRET" not in env
    assert not [name for name in env if name.startswith("AIRFLOW")]


def test_pulls_an_image_once(job: Callable[..., LocalJob], monkeypatch: pytest.MonkeyPatch) -> None:
    again = job()
    again.run(lambda _: None)
    monkeypatch.setenv("WAVEHOUSE_CRANE", "/nowhere/crane")
    again.run(lambda _: None)


def test_tells_a_users_fault_as_the_job_told_it(job: Callable[..., LocalJob]) -> None:
    fault = "sys.exit('silver: pipeline.yaml:3: what is wrong\\nand more of it')"
    with pytest.raises(UserError) as caught:
        job(fault).run(lambda _: None)
    assert str(caught.value) == "silver: pipeline.yaml:3: what is wrong\nand more of it"


@pytest.mark.parametrize(
    ("does", "message"),
    [
        (
            "print('silver: half a message'); raise ValueError('a bug')",
            r"ended with status 1(?s:.*)ValueError: a bug",
        ),
        ("sys.exit(7)", r"things-silver ended with status 7\. Its last lines:\na line of the job"),
        ("os.kill(os.getpid(), 9)", r"things-silver was ended by signal 9"),
    ],
    ids=["bug", "status", "signal"],
)
def test_anything_else_may_be_tried_again(job: Callable[..., LocalJob], does: str, message: str) -> None:
    with pytest.raises(RuntimeError, match=message):
        job(does).run(lambda _: None)


@pytest.mark.parametrize("listens", [True, False])
def test_kill_ends_the_process(
    job: Callable[..., LocalJob], monkeypatch: pytest.MonkeyPatch, listens: bool
) -> None:
    monkeypatch.setattr("wavehouse.dags.local_job.KILL_GRACE_SECONDS", 0.5)
    deaf = "" if listens else "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
    running = job(f"{deaf}import time; print('pid', os.getpid(), flush=True); time.sleep(60)")
    pid: list[int] = []

    def log(line: str) -> None:
        if line.startswith("pid "):
            pid.append(int(line.split()[1]))
            threading.Timer(0.1, running.kill).start()

    started = time.monotonic()
    with pytest.raises(RuntimeError, match=f"signal {signal.SIGTERM if listens else signal.SIGKILL:d}"):
        running.run(log)
    assert time.monotonic() - started < 10
    with pytest.raises(ProcessLookupError):
        os.kill(pid[0], 0)


def test_needs_java(job: Callable[..., LocalJob], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UserError, match=r"no Java: JAVA_HOME is not set and there is no `java` .*openjdk-17"):
        job().run(lambda _: None)


@pytest.mark.parametrize(
    ("release", "said"),
    [
        ('JAVA_VERSION="25.0.1"\n', "is Java 25, and Spark needs 17 or 21"),
        ('JAVA_VERSION="1.8.0_432"\n', "is Java 8, and Spark needs 17 or 21"),
        ("nothing\n", "is Java of an unknown version"),
    ],
)
def test_needs_a_java_that_spark_runs_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, release: str, said: str
) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "java").touch()
    (tmp_path / "release").write_text(release)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(UserError, match=said):
        java_home()


def test_java_home_must_hold_java(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(UserError, match=r"JAVA_HOME=.*: no bin/java there"):
        java_home()


def test_asks_java_itself_where_there_is_no_release_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    java = tmp_path / "bin" / "java"
    java.parent.mkdir()
    java.write_text("#!/bin/sh\necho 'openjdk version \"21.0.4\" 2024-07-16' >&2\n")
    java.chmod(0o755)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    assert java_home() == tmp_path


def test_an_image_must_be_pinned() -> None:
    with pytest.raises(UserError, match=r"image localhost:1/x:t: expected a digest"):
        unpack_image("localhost:1/x:t")


def test_an_image_that_is_not_there(registry: Registry, tmp_path: Path) -> None:
    reference = f"{registry.host}/things-silver:x@sha256:{'0' * 64}"
    with pytest.raises(UserError, match=r"cannot pull .*MANIFEST_UNKNOWN.*: is the registry up"):
        unpack_image(reference)
    assert list((tmp_path / "images").iterdir()) == []


def test_a_registry_that_is_down() -> None:
    with pytest.raises(
        UserError, match=r"cannot pull localhost:9/x:t@.*connection refused: is the registry up"
    ):
        unpack_image(f"localhost:9/x:t@sha256:{'0' * 64}")


def test_no_crane(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WAVEHOUSE_CRANE", "/nowhere/crane")
    with pytest.raises(UserError, match=r"cannot run crane at /nowhere/crane .*WAVEHOUSE_CRANE"):
        unpack_image(f"localhost:9/x:t@sha256:{'0' * 64}")


def test_an_image_without_our_files(registry: Registry) -> None:
    reference = registry.push("other", {"etc/passwd": "root\n"})
    with pytest.raises(UserError, match=r"holds nothing below /opt/wavehouse/"):
        unpack_image(reference)


def fake_crane(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    fake = folder / "crane"
    fake.write_text(f"#!/bin/sh\n{script}\n")
    fake.chmod(0o755)
    monkeypatch.setenv("WAVEHOUSE_CRANE", str(fake))


def link(path: str, target: str, kind: bytes = tarfile.SYMTYPE) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(path)
    entry.type, entry.linkname = kind, target
    return entry


@pytest.mark.parametrize(
    "entry",
    [
        link("opt/wavehouse/out", "../../../../etc"),
        link("opt/wavehouse/out", "/etc"),
        link("opt/wavehouse/out", "../../../etc/passwd", tarfile.LNKTYPE),
        link("opt/wavehouse/pipe", "", tarfile.FIFOTYPE),
        tarfile.TarInfo("opt/wavehouse/../../../out"),
        tarfile.TarInfo("../out"),
    ],
    ids=["symlink up", "symlink absolute", "hard link up", "device", "path through ours", "path up"],
)
def test_an_image_cannot_reach_outside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, entry: tarfile.TarInfo
) -> None:
    # Crane drops most of these itself; here they come as a crane that does not would send them.
    with tarfile.open(tmp_path / "evil.tar", "w") as archive:
        archive.addfile(tarfile.TarInfo("opt/wavehouse/a"))
        archive.addfile(entry)
    fake_crane(tmp_path, monkeypatch, f"cat {tmp_path}/evil.tar")
    with pytest.raises(UserError, match=r"image .*evil.*: cannot be unpacked"):
        unpack_image(f"localhost:9/evil:t@sha256:{'0' * 64}")
    assert list((tmp_path / "images").iterdir()) == []
    assert not (tmp_path / "out").exists()


def test_only_our_part_is_unpacked(registry: Registry) -> None:
    reference = registry.push("based", {"usr/bin/x": "x", "opt/wavehouse/a": "a", "opt/wavehouses/b": "b"})
    root = unpack_image(reference)
    assert [path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()] == [
        "opt/wavehouse/a"
    ]


def test_two_tasks_can_pull_the_same_image_at_once(registry: Registry) -> None:
    reference = registry.push_job("things-race", "silver")
    found: list[Any] = []
    threads = [threading.Thread(target=lambda: found.append(unpack_image(reference))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 6
    assert len(set(found)) == 1
    assert [path.name for path in found[0].parent.iterdir()] == [found[0].name]


def test_templates_without_the_step(tmp_path: Path) -> None:
    (tmp_path / "rendered.yaml").write_text("kind: Namespace\n" + template("things", "gold", "x"))
    with pytest.raises(
        UserError, match=r"rendered\.yaml: no Sch.* step silver of things \(there are: things gold\)"
    ):
        rendered_templates().pick("things", "silver")


def test_an_image_that_was_never_bumped(tmp_path: Path) -> None:
    (tmp_path / "rendered.yaml").write_text(
        template("things", "silver", "localhost:5001/things-silver:unbuilt")
    )
    with pytest.raises(
        UserError, match=r"the image of things-silver is 'localhost.*:unbuilt', without a digest"
    ):
        rendered_templates().pinned_images("things", ["silver"])


def test_a_rendered_file_that_is_not_yaml(tmp_path: Path) -> None:
    (tmp_path / "rendered.yaml").write_text("kind: ScheduledSparkApplication\n\t- no\n")
    with pytest.raises(UserError, match=r"rendered\.yaml: cannot read the rendered overlay"):
        rendered_templates().pick("things", "silver")


def test_a_crane_that_breaks_off(registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reference = registry.push_job("things-cut", "silver")
    whole = subprocess.run([registry.crane, "export", reference, "-"], capture_output=True, check=True).stdout
    (tmp_path / "half.tar").write_bytes(whole[: len(whole) // 2])
    fake_crane(tmp_path, monkeypatch, f"cat {tmp_path}/half.tar; echo 'unexpected EOF' >&2; exit 1")
    with pytest.raises(UserError, match=r"cannot pull .*unexpected EOF"):
        unpack_image(reference)
    assert list((tmp_path / "images").iterdir()) == []
