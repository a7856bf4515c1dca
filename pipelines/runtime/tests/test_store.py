"""The store on a real folder, the names in it, and what is kept there by name: manifests and reports."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from wavehouse import layout
from wavehouse.errors import UserError
from wavehouse.manifest import Manifest, Page, read_manifest, write_manifest
from wavehouse.report import assemble, summarise, write_step
from wavehouse.store import Store

DAY = "2026-01-31"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store.open("lake", f"{tmp_path.as_uri()}/{{bucket}}")


def test_keys_are_paths_below_the_bucket(store: Store, tmp_path: Path) -> None:
    store.write_atomic("a/b.json", b"1")
    assert (tmp_path / "lake" / "a" / "b.json").read_bytes() == b"1"
    assert store.url("a/b.json") == f"{tmp_path.as_uri()}/lake/a/b.json"
    assert store.read("a/b.json") == b"1"
    assert store.list("a") == ["a/b.json"]
    assert store.exists("a")
    assert store.exists("a/b.json")
    store.delete("a")
    store.delete("a")
    assert not store.exists("a/b.json")
    assert store.list("a") == []
    with pytest.raises(FileNotFoundError):
        store.read("a/b.json")


def test_a_write_that_dies_leaves_what_was_there(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    store.write_atomic("a.json", b"old")

    def die(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", die)
    with pytest.raises(OSError, match="No space"):
        store.write_atomic("a.json", b"new")
    assert store.list("") == ["a.json"]
    assert store.read("a.json") == b"old"


def test_other_stores_go_through_their_own_file_system() -> None:
    store = Store.open("lake", "memory://{bucket}")
    store.write_atomic("a/b", b"1")
    assert store.read("a/b") == b"1"
    assert store.list("a") == ["a/b"]
    store.delete("a")
    assert store.list("a") == []


def test_the_store_is_the_environments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WAVEHOUSE_STORE", raising=False)
    with pytest.raises(UserError, match="WAVEHOUSE_STORE is not set"):
        Store.open("lake")
    monkeypatch.setenv("WAVEHOUSE_STORE", "/data")
    with pytest.raises(UserError, match=r"WAVEHOUSE_STORE=/data: expected a URL with \{bucket\}"):
        Store.open("lake")
    monkeypatch.setenv("WAVEHOUSE_STORE", "file:///data/{bucket}/x/")
    assert Store.open("lake").url("k") == "file:///data/lake/x/k"


def test_names_in_the_store() -> None:
    assert layout.bronze_manifest("p", "t", DAY) == "bronze/p/t/ingest_date=2026-01-31/_manifest.json"
    assert layout.bronze_page("20260131-ab", 7) == "attempt=20260131-ab/page-00007.json"
    assert layout.run_report("p", DAY, "manual__2026-01-31T00:00:00+00:00/../x") == (
        "observability/runs/p/ingest_date=2026-01-31/manual__2026-01-31T00:00:00+00:00_.._x/report.json"
    )


@pytest.mark.parametrize(
    "partition", ["2026-1-31", "2026-13-01", "today", "2026-01-31/..", "2026-01-31\n", ""]
)
def test_a_partition_is_a_day(partition: str) -> None:
    with pytest.raises(UserError, match="expected a day"):
        layout.bronze_partition("p", "t", partition)


def test_a_manifest_comes_back_as_it_was(store: Store) -> None:
    pages = (Page("attempt=1/page-00001.json", 10, "ab", 2), Page("attempt=1/page-00002.json", 5, "cd", 1))
    manifest = Manifest("p", "t", DAY, "1", "run", "http://api", 3, pages)
    write_manifest(store, manifest)
    assert read_manifest(store, "p", "t", DAY) == manifest
    assert (manifest.records, manifest.bytes) == (3, 15)


@pytest.mark.parametrize("text", [b"", b"[]", b"{}", b'{"pages": 1}', b"\xff"])
def test_a_manifest_that_is_none_is_told(store: Store, text: bytes) -> None:
    with pytest.raises(UserError, match="no manifest: the ingest of t for 2026-01-31 is not done"):
        read_manifest(store, "p", "t", DAY)
    store.write_atomic(layout.bronze_manifest("p", "t", DAY), text)
    with pytest.raises(UserError, match="not a manifest"):
        read_manifest(store, "p", "t", DAY)


def test_a_report_holds_the_steps_that_ran(store: Store) -> None:
    silver = summarise(
        "silver", [{"name": "t", "rows_in": 5, "rows_out": 4, "duplicates": 1, "bytes": 9}], [], 1.5
    )
    write_step(store, "p", DAY, "run", {**silver, "rows_out": 0})
    write_step(store, "p", DAY, "run", silver)
    write_step(store, "p", DAY, "run", {"step": "quality", "status": "failed", "error": "no"})
    write_step(store, "p", DAY, "other", {"step": "gold"})
    given: dict[str, Any] = {
        "pipeline": "p",
        "partition": DAY,
        "run_id": "run",
        "status": "failed",
        "started_at": "2026-02-01T00:00:00Z",
        "code_version": "abc",
        "images": {"silver": "r/p-silver:1@sha256:0"},
    }
    report = assemble(store, **given, seconds=3.14159)
    assert report == {
        "apiVersion": "wavehouse.dev/v1",
        "kind": "RunReport",
        **given,
        "seconds": 3.142,
        "steps": {"silver": silver, "quality": {"step": "quality", "status": "failed", "error": "no"}},
    }
    assert json.loads(store.read(layout.run_report("p", DAY, "run"))) == report
    # Made again, it does not take itself for a step.
    assert assemble(store, **given, seconds=3.14159) == report


def test_a_report_tells_what_bronze_brought_first(store: Store) -> None:
    write_step(store, "p", DAY, "run", {"step": "silver"})
    pages = (
        Page("attempt=1/page-00001.json", 10, "0" * 64, 2),
        Page("attempt=1/page-00002.json", 5, "1" * 64, 1),
    )
    manifest = Manifest("p", "t", DAY, "1", "ingest", "http://api", 4, pages, 1.5)
    write_manifest(store, manifest)
    report = assemble(
        store,
        pipeline="p",
        partition=DAY,
        run_id="run",
        status="succeeded",
        started_at="2026-01-31T00:00:00+00:00",
        seconds=2,
        code_version="c",
        images={},
        ingested=[read_manifest(store, "p", "t", DAY)],
    )
    assert list(report["steps"]) == ["ingest", "silver"]
    told = {key: report["steps"]["ingest"][key] for key in ("rows_in", "rows_out", "bytes", "seconds")}
    assert told == {"rows_in": 4, "rows_out": 3, "bytes": 15, "seconds": 1.5}
