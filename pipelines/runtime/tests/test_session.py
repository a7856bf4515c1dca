"""How a job starts Spark: from what, with what, and what wins."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from wavehouse.errors import UserError
from wavehouse.local_spark import archive_path, local_jars, submit_args


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "jars").mkdir()
    (tmp_path / "jars" / "delta.jar").write_bytes(b"1")
    monkeypatch.setenv("WAVEHOUSE_JARS", str(tmp_path / "jars"))
    monkeypatch.setenv("WAVEHOUSE_CACHE", str(tmp_path / "cache"))
    return tmp_path


def settings(arguments: str) -> dict[str, str]:
    given = [word.removeprefix("--conf=") for word in shlex.split(arguments) if word.startswith("--conf=")]
    return dict(setting.split("=", 1) for setting in given)


@pytest.mark.parametrize("jars", [None, "", "/none"])
def test_without_jars_there_is_no_local_spark(monkeypatch: pytest.MonkeyPatch, jars: str | None) -> None:
    monkeypatch.delenv("WAVEHOUSE_JARS", raising=False)
    if jars is not None:
        monkeypatch.setenv("WAVEHOUSE_JARS", jars)
    with pytest.raises(UserError, match=f"WAVEHOUSE_JARS={jars or ''}: no jars"):
        submit_args()


def test_what_is_given_comes_last_and_so_wins(place: Path) -> None:
    arguments = submit_args("--driver-memory 3g --conf spark.master=local[7] pyspark-shell")
    assert arguments.endswith(" --driver-memory 3g --conf spark.master=local[7] pyspark-shell")
    assert settings(arguments)["spark.driver.extraClassPath"] == str(place / "jars" / "delta.jar")
    assert submit_args().endswith(" pyspark-shell")


def test_the_class_archive_is_used_where_it_is(place: Path) -> None:
    archive = archive_path(local_jars())
    assert archive.is_relative_to(place / "cache" / "class-archive")
    assert "SharedArchiveFile" not in submit_args()
    archive.parent.mkdir(parents=True)
    archive.touch()
    assert f"-XX:SharedArchiveFile={archive}" in settings(submit_args())["spark.driver.extraJavaOptions"]
    (place / "jars" / "delta.jar").write_bytes(b"22")
    assert archive_path(local_jars()) != archive
    assert "SharedArchiveFile" not in submit_args()
