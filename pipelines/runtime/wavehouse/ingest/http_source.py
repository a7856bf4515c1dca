"""What a pipeline says of an HTTP source, ready to be asked."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from wavehouse.errors import UserError

if TYPE_CHECKING:
    from wavehouse.spec import Pipeline, Table


@dataclass(frozen=True)
class Paging:
    """How pages are asked for: the two query parameters, the first page's number, and records a page."""

    parameter: str
    start: int
    size_parameter: str
    size: int


@dataclass(frozen=True)
class Retry:
    """How often a request is tried in all, and the seconds before the second try."""

    attempts: int
    backoff_seconds: float


@dataclass(frozen=True)
class HttpSource:
    """An HTTP API. `records` is the JSON pointer to the list in an answer, empty where the answer is the list."""

    url: str
    parameters: dict[str, str]
    records: tuple[str, ...]
    paging: Paging | None
    total_url: str | None
    total_field: str
    retry: Retry
    timeout_seconds: float


def http_source(pipeline: Pipeline, table: Table) -> HttpSource:
    """Reads the source of a table.

    An environment can put another address in place of the file's, by WAVEHOUSE_SOURCE_URL_<PIPELINE>_<SOURCE>.
    Throws UserError when the source is not an HTTP API or asks for what this runtime does not know.
    """
    source = pipeline.sources[table.source]
    settings = source.settings
    if source.type != "http":
        raise UserError(
            f"{pipeline.at(source.line)}: source {source.name}: this runtime ingests `type: http`, "
            f"found {source.type!r}"
        )
    if "connection" in settings:
        raise UserError(
            f"{pipeline.at(source.line)}: source {source.name}: `connection` is not known to this runtime's "
            "HTTP ingest: remove it, or use an API without credentials"
        )
    base = os.environ.get(url_variable(pipeline.name, source.name)) or str(settings["url"])
    url = base.rstrip("/") + str(table.settings.get("from", ""))
    total = _mapping(settings.get("total"))
    retry = _mapping(settings.get("retry")) or {}
    return HttpSource(
        url=url,
        parameters={
            str(key): str(value) for key, value in (_mapping(settings.get("parameters")) or {}).items()
        },
        records=tuple(str(settings.get("records", "")).split("/")[1:]),
        paging=_paging(_mapping(settings.get("pages"))),
        total_url=None if total is None else url + str(total["path"]),
        total_field="" if total is None else str(total["field"]),
        retry=Retry(int(retry.get("attempts", 5)), float(retry.get("backoffSeconds", 1))),
        timeout_seconds=float(settings.get("timeoutSeconds", 30)),
    )


def url_variable(pipeline: str, source: str) -> str:
    """The environment variable that holds another address for a source."""
    return "WAVEHOUSE_SOURCE_URL_" + re.sub(r"[^A-Z0-9]", "_", f"{pipeline}_{source}".upper())


def _paging(pages: dict[str, Any] | None) -> Paging | None:
    if pages is None:
        return None
    size = pages["size"]
    return Paging(
        str(pages["parameter"]), int(pages.get("start", 1)), str(size["parameter"]), int(size["value"])
    )


def _mapping(value: object) -> dict[str, Any] | None:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else None
