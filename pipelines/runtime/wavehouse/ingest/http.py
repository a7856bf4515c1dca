"""Asks an HTTP API for its records, a page at a time."""

from __future__ import annotations

import email.utils
import json
import logging
import random
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NoReturn, cast

import httpx

from wavehouse.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from wavehouse.ingest.http_source import HttpSource, Paging

log = logging.getLogger(__name__)

#: The longest wait before another try, whatever the API asks for.
MAX_WAIT_SECONDS = 60.0
#: A page is held in memory whole; one beyond this is no page.
MAX_PAGE_BYTES = 64 * 1024 * 1024

_TRY_AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})


@dataclass(frozen=True)
class FetchedPage:
    """A page as it came. `number` is the API's own number of it; `records` how many records it holds."""

    number: int
    url: str
    body: bytes
    records: int


class HttpPages:
    """Reads one source. One page is in memory at a time.

    `sleep` waits between tries (seconds); tests give their own.
    """

    def __init__(
        self, source: HttpSource, client: httpx.Client, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._source = source
        self._client = client
        self._sleep = sleep

    def pages(self) -> Iterator[FetchedPage]:
        """Yields the pages in order, up to and with the first that is short or empty.

        Throws UserError that names URL and page when the API cannot be reached, refuses, or answers something that
        is not a JSON list of objects.
        """
        paging = self._source.paging
        if paging is None:
            yield self._page(1, None)
            return
        number = paging.start
        previous: bytes | None = None
        while True:
            page = self._page(number, paging)
            if page.body == previous and page.records:
                raise UserError(
                    f"{page.url}: page {number} is the same as page {number - 1}, byte for byte: "
                    f"does the API know the query parameter `{paging.parameter}`? See `pages` of the source"
                )
            yield page
            if page.records < paging.size:
                return
            previous = page.body
            number += 1

    def total(self) -> int | None:
        """How many records the API says it has; None for a source that declares no total.

        A number or a text of digits is taken. Throws UserError as `pages` does.
        """
        if self._source.total_url is None:
            return None
        url = httpx.URL(self._source.total_url, params=self._source.parameters)
        answer = self._json(self._fetch(url, "the total"), url, "the total")
        field = self._source.total_field
        found = answer.get(field) if isinstance(answer, dict) else None
        text = str(found) if isinstance(found, int | str) and not isinstance(found, bool) else ""
        if not (text.isascii() and text.isdigit()):
            raise UserError(
                f"{url}: expected a count in the field `{field}`, found {_excerpt(json.dumps(answer).encode())}: "
                "see `total` of the source"
            )
        return int(text)

    def _page(self, number: int, paging: Paging | None) -> FetchedPage:
        asked = dict(self._source.parameters)
        if paging is not None:
            asked |= {paging.parameter: str(number), paging.size_parameter: str(paging.size)}
        url = httpx.URL(self._source.url, params=asked)
        what = f"page {number}"
        body = self._fetch(url, what)
        return FetchedPage(number, str(url), body, self._count(self._json(body, url, what), url, what))

    def _count(self, answer: object, url: httpx.URL, what: str) -> int:
        found = answer
        for key in self._source.records:
            found = found.get(key) if isinstance(found, dict) else None
        if not isinstance(found, list):
            where = "/" + "/".join(self._source.records) if self._source.records else "the answer"
            raise UserError(
                f"{url}: {what}: expected {where} to be a list of records, found {_kind(found)}: "
                "see `records` of the source"
            )
        for index, record in enumerate(found):
            if not isinstance(record, dict):
                raise UserError(
                    f"{url}: {what}: record {index + 1}: expected an object, found {_kind(record)}"
                )
        return len(found)

    def _json(self, body: bytes, url: httpx.URL, what: str) -> object:
        try:
            return cast("object", json.loads(body.decode(), parse_constant=_refuse_constant))
        except ValueError as error:
            raise UserError(
                f"{url}: {what} is not JSON ({error}); it begins {_excerpt(body)}: "
                "open the address in a browser: a login page or a proxy may answer in the API's place"
            ) from error

    def _fetch(self, url: httpx.URL, what: str) -> bytes:
        retry = self._source.retry
        problem = ""
        for attempt in range(1, retry.attempts + 1):
            wait = 0.0
            try:
                with self._client.stream("GET", url) as response:
                    if response.status_code == httpx.codes.OK:
                        return _read(response, url, what)
                    problem = f"the API answered {response.status_code} {response.reason_phrase}".rstrip()
                    if response.status_code not in _TRY_AGAIN:
                        raise UserError(
                            f"{url}: {what}: {problem}: check `url` and `parameters` of the source"
                        )
                    wait = _retry_after(response.headers.get("retry-after"))
            except httpx.RequestError as error:
                problem = _describe(error, self._source.timeout_seconds)
            if attempt < retry.attempts:
                wait = min(max(wait, _backoff(retry.backoff_seconds, attempt)), MAX_WAIT_SECONDS)
                log.warning("%s: %s: %s; trying again in %.1f s", url, what, problem, wait)
                self._sleep(wait)
        raise UserError(
            f"{url}: {what}: {problem}, {retry.attempts} times: check the network and the API's status, "
            "then run the ingest again"
        )


def open_client(source: HttpSource) -> httpx.Client:
    """A client with the source's timeout, that keeps its connection from page to page."""
    return httpx.Client(
        timeout=source.timeout_seconds,
        follow_redirects=True,
        headers={"accept": "application/json", "user-agent": "wavehouse"},
    )


def _read(response: httpx.Response, url: httpx.URL, what: str) -> bytes:
    parts: list[bytes] = []
    size = 0
    for part in response.iter_bytes():
        parts.append(part)
        size += len(part)
        if size > MAX_PAGE_BYTES:
            raise UserError(
                f"{url}: {what} is bigger than {MAX_PAGE_BYTES >> 20} MiB: ask for smaller pages (`pages.size`)"
            )
    return b"".join(parts)


def _backoff(base: float, attempt: int) -> float:
    """Doubles with each try; a random half of it, so that many clients do not come back at once."""
    return float(base * 2 ** (attempt - 1) * random.uniform(0.5, 1.0))  # noqa: S311


def _retry_after(value: str | None) -> float:
    """Seconds that a Retry-After header asks for (a number or a date); 0 where it says nothing."""
    if value is None:
        return 0.0
    if value.strip().isdigit():
        return float(value)
    try:
        return max(0.0, (email.utils.parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds())
    except (TypeError, ValueError):
        return 0.0


def _describe(error: httpx.RequestError, timeout_seconds: float) -> str:
    if isinstance(error, httpx.TimeoutException):
        return f"no answer within {timeout_seconds:g} s"
    if isinstance(error, httpx.ConnectError):
        return f"cannot connect ({error})"
    return f"the connection broke ({error})"


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")


def _excerpt(body: bytes) -> str:
    return repr(body[:80].decode(errors="replace")) + ("…" if len(body) > 80 else "")  # noqa: PLR2004


def _kind(value: Any) -> str:  # noqa: ANN401
    names = {dict: "an object", list: "a list", str: "a text", bool: "a boolean", type(None): "null"}
    return names.get(type(value), "a number")
