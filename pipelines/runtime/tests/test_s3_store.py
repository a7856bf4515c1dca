"""The store on a real S3 server."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from botocore.exceptions import ClientError
from s3_server import BUCKET, S3Server, find_versitygw, free_port

from wavehouse.s3_objects import S3Objects
from wavehouse.store import Store


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    folder = tmp_path_factory.mktemp("s3")
    found = S3Server(find_versitygw(folder), folder / "data", free_port())
    found.start()
    yield found
    found.stop()


@pytest.fixture
def store(server: S3Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    found = Store.open(BUCKET, "s3a://{bucket}")
    yield found
    found.delete("")


def test_keys_are_objects_of_the_bucket(store: Store, server: S3Server) -> None:
    store.write_atomic("a/b.json", b"1")
    assert (server.folder / BUCKET / "a" / "b.json").read_bytes() == b"1"
    assert store.url("a/b.json") == f"s3a://{BUCKET}/a/b.json"
    assert store.read("a/b.json") == b"1"
    assert store.exists("a")
    assert store.exists("a/b.json")
    store.write_atomic("a/b.json", b"2")
    assert store.read("a/b.json") == b"2"
    with pytest.raises(FileNotFoundError):
        store.read("a/c.json")


def test_a_folder_is_not_what_begins_like_it(store: Store) -> None:
    for key in ("a/1", "a/b/2", "ab/3", "a.json"):
        store.write_atomic(key, b"")
    assert store.list("a") == ["a/1", "a/b/2"]
    assert store.list("a.json") == ["a.json"]
    assert not store.exists("a/b/2/c")
    assert not store.exists("a.j")
    store.delete("a")
    store.delete("a")
    assert store.list("") == ["a.json", "ab/3"]


def test_a_folder_that_hadoop_made_is_empty(store: Store) -> None:
    S3Objects()._client.put_object(Bucket=BUCKET, Key="t/_delta_log/", Body=b"")
    assert not store.exists("t/_delta_log")
    assert store.list("t") == []


def test_names_of_runs_and_partitions_come_back(store: Store) -> None:
    key = "observability/runs/p/ingest_date=2026-11-20/scheduled__2026-11-20T00:00:00+00:00_x/report.json"
    store.write_atomic(key, b"{}")
    assert store.list("observability") == [key]
    assert store.read(key) == b"{}"


def test_more_than_one_page_is_listed_and_removed(store: Store) -> None:
    keys = [f"many/{number:04d}" for number in range(1005)]
    for key in keys:
        store.write_atomic(key, b"")
    assert store.list("many") == keys
    store.delete("many")
    assert store.list("") == []


def test_a_wrong_key_is_told(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    assert store.list("") == []
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
    with pytest.raises(ClientError, match="SignatureDoesNotMatch"):
        Store.open(BUCKET, "s3://{bucket}").write_atomic("a", b"1")
    assert store.list("") == []


def test_a_server_that_is_away_for_a_moment_is_waited_for(store: Store, server: S3Server) -> None:
    store.write_atomic("a", b"old")
    server.stop()
    threading.Timer(2, server.start).start()
    store.write_atomic("a", b"new")
    assert store.read("a") == b"new"
