"""A loopback API with the faults that real ones show, and a pipeline that reads it."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

PIPELINE = """\
apiVersion: wavehouse.dev/v1
kind: Pipeline
metadata: { name: things, owner: us }
spec:
  schedule: "@daily"
  storage: { format: delta, bucket: lake }
  sources:
    api:
      type: http
      url: URL
      pages: { parameter: page, size: { parameter: per_page, value: 10 } }
      total: { path: /meta, field: total }
      retry: { attempts: 3, backoffSeconds: 1 }
      timeoutSeconds: 2
  tables:
    - { name: things, source: api, keys: [id], write: merge, columns: { id: string } }
"""


@dataclass
class Answer:
    """What the API says to one request."""

    body: bytes
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    cut: bool = False


@dataclass
class Api:
    """A loopback API. `faults` maps a page's number (0: the total) to answers that come before the right one."""

    records: list[dict[str, Any]]
    url: str = ""
    faults: dict[int, list[Answer]] = field(default_factory=dict)
    totals: list[object] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def answer(self, path: str) -> Answer:
        self.asked.append(path)
        parts = urlsplit(path)
        query = parse_qs(parts.query)
        number = 0 if parts.path.endswith("/meta") else int(query["page"][0])
        if self.faults.get(number):
            return self.faults[number].pop(0)
        if number == 0:
            total = self.totals.pop(0) if self.totals else len(self.records)
            return Answer(json.dumps({"total": total, "page": 1}).encode())
        size = int(query["per_page"][0])
        page = self.records[(number - 1) * size : number * size]
        # Spaces and non-ASCII as they are: bronze must hold these very bytes.
        return Answer(json.dumps(page, ensure_ascii=False, indent=1).encode())


@contextmanager
def serve_things() -> Iterator[Api]:
    """Serves 25 records on a free port of loopback."""
    served = Api([{"id": f"b{number}", "name": "Bräu"} for number in range(25)])

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer = served.answer(self.path)
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(answer.body) + (10 if answer.cut else 0)))
            self.end_headers()
            self.wfile.write(answer.body)

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        def handle_error(self, *_: object) -> None:
            """A client that went away is part of some tests."""

    server = Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    served.url = f"http://127.0.0.1:{server.server_address[1]}/v1/things"
    yield served
    server.shutdown()
    server.server_close()
    thread.join()
