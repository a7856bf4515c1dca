"""The ingest against a real HTTP server on loopback, with the faults that real APIs show."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from ingest_api import PIPELINE, Answer, Api, serve_things

from wavehouse import layout
from wavehouse.errors import UserError
from wavehouse.ingest.bronze import ingest_table
from wavehouse.manifest import Manifest, read_manifest
from wavehouse.spec import Pipeline, load_pipeline
from wavehouse.store import Store

DAY = "2026-11-20"


@pytest.fixture
def api() -> Iterator[Api]:
    with serve_things() as served:
        yield served


@dataclass
class World:
    pipeline: Pipeline
    store: Store
    waits: list[float]

    def ingest(self, run_id: str = "run-1") -> Manifest:
        return ingest_table(
            self.pipeline, self.pipeline.tables[0], DAY, run_id, self.store, sleep=self.waits.append
        )

    def attempts(self) -> set[str]:
        folder = layout.bronze_partition("things", "things", DAY)
        return {key[len(folder) + 1 :].split("/")[0] for key in self.store.list(folder)} - {"_manifest.json"}

    def published(self) -> Manifest | None:
        try:
            return read_manifest(self.store, "things", "things", DAY)
        except UserError:
            return None


@pytest.fixture
def world(api: Api, tmp_path: Path) -> World:
    return make_world(tmp_path, api.url)


def make_world(tmp_path: Path, url: str, edit: Callable[[str], str] = lambda text: text) -> World:
    file = tmp_path / "things" / "pipeline.yaml"
    file.parent.mkdir()
    text = PIPELINE.replace("URL", url)
    file.write_text(edit(text))
    return World(load_pipeline(file), Store.open("lake", f"file://{tmp_path}/store/{{bucket}}"), [])


def test_brings_every_page_as_it_came(api: Api, world: World) -> None:
    manifest = world.ingest()

    assert (manifest.records, manifest.total, manifest.run_id) == (25, 25, "run-1")
    assert [page.records for page in manifest.pages] == [10, 10, 5]
    assert world.published() == manifest
    folder = layout.bronze_partition("things", "things", DAY)
    first = world.store.read(f"{folder}/{manifest.pages[0].path}")
    assert first == json.dumps(api.records[:10], ensure_ascii=False, indent=1).encode()
    assert len(first) == manifest.pages[0].bytes


def test_asks_for_pages_by_the_declared_parameters(api: Api, world: World) -> None:
    world.ingest()

    assert [path.split("?")[1] for path in api.asked if "page=" in path] == [
        "page=1&per_page=10",
        "page=2&per_page=10",
        "page=3&per_page=10",
    ]


@pytest.mark.parametrize("total", [25, "25"])
def test_takes_a_total_as_number_or_text(api: Api, world: World, total: object) -> None:
    api.totals = [total]
    assert world.ingest().total == 25


@pytest.mark.parametrize("count", [0, 10, 20])
def test_an_exact_multiple_ends_at_the_empty_page(api: Api, world: World, count: int) -> None:
    api.records = api.records[:count]
    manifest = world.ingest()
    assert manifest.records == count
    assert len(manifest.pages) == max(1, count // 10)


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_tries_again_with_growing_waits(api: Api, world: World, status: int) -> None:
    api.faults = {2: [Answer(b"busy", status), Answer(b"busy", status)]}
    assert world.ingest().records == 25
    assert 0.5 <= world.waits[0] <= 1
    assert 1 <= world.waits[1] <= 2


def http_date(seconds: int) -> str:
    return format_datetime(datetime.now(UTC) + timedelta(seconds=seconds), usegmt=True)


@pytest.mark.parametrize("asked", [str, http_date], ids=["seconds", "date"])
def test_waits_as_long_as_the_api_asks(api: Api, world: World, asked: Callable[[int], str]) -> None:
    api.faults = {1: [Answer(b"", 429, {"retry-after": asked(8)})]}
    world.ingest()
    assert 5 < world.waits[0] <= 8


def test_never_waits_longer_than_a_minute(api: Api, world: World) -> None:
    api.faults = {1: [Answer(b"", 503, {"retry-after": "86400"})]}
    world.ingest()
    assert world.waits == [60]


def test_an_answer_that_breaks_off_is_asked_for_again(api: Api, world: World) -> None:
    api.faults = {3: [Answer(b"[{", cut=True)]}
    assert world.ingest().records == 25
    assert len(world.waits) == 1


def test_a_total_that_moved_is_read_once_more(api: Api, world: World) -> None:
    api.totals = [24]
    assert world.ingest().total == 25


FAULTS: dict[str, tuple[Callable[[Api], None], str]] = {
    "stops at page 3": (
        lambda api: api.faults.update({3: [Answer(b"[]")]}),
        r"counts 25 \(.*/meta\), but its pages 1 to 2 brought 20 records.*[Nn]othing was published; run the ingest",
    ),
    "total does not match": (
        lambda api: api.totals.extend([30, 31]),
        r"counts 30 before the pages and 31 after them .* brought 25 records",
    ),
    "page is not JSON": (
        lambda api: api.faults.update({2: [Answer(b"<html>Sign in</html>")]}),
        r"page=2&per_page=10: page 2 is not JSON .* begins '<html>Sign in</html>': open the address",
    ),
    "page is cut JSON": (
        lambda api: api.faults.update({2: [Answer(b'[{"id": "x"')]}),
        r"page=2&per_page=10: page 2 is not JSON",
    ),
    "page is not UTF-8": (
        lambda api: api.faults.update({2: [Answer(b'[{"id": "\xe4"}]')]}),
        r"page 2 is not JSON .*utf-8",
    ),
    "page holds NaN": (
        lambda api: api.faults.update({2: [Answer(b'[{"id": NaN}]')]}),
        r"page 2 is not JSON \(NaN is no JSON number\)",
    ),
    "page is an object": (
        lambda api: api.faults.update({1: [Answer(b'{"message": "no"}')]}),
        r"page 1: expected the answer to be a list of records, found an object",
    ),
    "record is not an object": (
        lambda api: api.faults.update({1: [Answer(b'[{"id": "a"}, 7]')]}),
        r"page 1: record 2: expected an object, found a number",
    ),
    "refused": (
        lambda api: api.faults.update({2: [Answer(b"", 403)]}),
        r"page=2&per_page=10: page 2: the API answered 403 Forbidden: check `url`",
    ),
    "never gets well": (
        lambda api: api.faults.update({2: [Answer(b"", 503)] * 9}),
        r"page 2: the API answered 503 Service Unavailable, 3 times: check the network",
    ),
    "total is not a number": (
        lambda api: api.totals.append(None),
        r"/meta: expected a count in the field `total`, found '{\"total\": null",
    ),
    "ignores the page parameter": (
        lambda api: api.faults.update({2: [api.answer("/x?page=1&per_page=10")]}),
        r"page 2 is the same as page 1, byte for byte: does the API know the query parameter `page`\?",
    ),
}


@pytest.mark.parametrize(("break_api", "message"), FAULTS.values(), ids=FAULTS.keys())
def test_a_fault_is_told_and_leaves_nothing_to_read(
    api: Api, world: World, break_api: Callable[[Api], None], message: str
) -> None:
    break_api(api)
    with pytest.raises(UserError, match=message) as caught:
        world.ingest()
    assert api.url in str(caught.value)
    assert world.published() is None


def test_a_fault_leaves_the_earlier_run_published(api: Api, world: World) -> None:
    earlier = world.ingest()
    api.faults = {3: [Answer(b"[]")]}
    with pytest.raises(UserError):
        world.ingest("run-2")
    assert world.published() == earlier
    assert len(world.attempts()) == 2


def test_the_next_ingest_prunes_what_no_manifest_names(api: Api, world: World) -> None:
    api.faults = {3: [Answer(b"[]")]}
    with pytest.raises(UserError):
        world.ingest()
    failed = world.attempts()
    good = world.ingest("run-2")
    assert failed.isdisjoint(world.attempts())
    # A reader may still be at the pages that were published until now: they go one ingest later.
    world.ingest("run-3")
    assert f"attempt={good.attempt}" in world.attempts()
    world.ingest("run-4")
    assert f"attempt={good.attempt}" not in world.attempts()


def test_no_network(tmp_path: Path) -> None:
    world = make_world(tmp_path, "http://127.0.0.1:9/v1/things")
    with pytest.raises(
        UserError, match=r"127\.0\.0\.1:9/v1/things/meta: the total: cannot connect .*, 3 times"
    ):
        world.ingest()
    assert len(world.waits) == 2


def test_no_answer_in_time(api: Api, tmp_path: Path) -> None:
    world = make_world(
        tmp_path, api.url, lambda text: text.replace("timeoutSeconds: 2", "timeoutSeconds: 0.05")
    )
    slow = threading.Event()
    original = api.answer

    def wait(path: str) -> Answer:
        slow.wait(0.5)
        return original(path)

    api.answer = wait  # type: ignore[method-assign]
    with pytest.raises(UserError, match=r"the total: no answer within 0.05 s, 3 times"):
        world.ingest()
    slow.set()


def test_the_environment_can_give_another_address(
    api: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = make_world(tmp_path, "http://127.0.0.1:9/nothing")
    monkeypatch.setenv("WAVEHOUSE_SOURCE_URL_THINGS_API", api.url)
    assert world.ingest().source_url == api.url


def test_records_below_a_pointer(api: Api, tmp_path: Path) -> None:
    world = make_world(
        tmp_path,
        api.url,
        lambda text: text.replace("      type: http\n", "      type: http\n      records: /data/items\n"),
    )
    api.records = []
    api.faults = {1: [Answer(b'{"data": {"items": [{"id": "a"}]}}')]}
    api.totals = [1]
    assert world.ingest().records == 1
