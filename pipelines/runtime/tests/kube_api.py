"""The part of the Kubernetes API that a Spark task speaks to, on loopback; the Spark operator does as it is told."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

Object = dict[str, Any]

_PATH = re.compile(
    r"/(?:api/v1|apis/sparkoperator\.k8s\.io/v1beta2)/namespaces/processing/(?P<kind>\w+)"
    r"(?:/(?P<name>[^/]+)(?P<log>/log)?)?"
)


@dataclass
class KubeApi:
    """What is in the cluster, by kind and name, and what was asked for, in order."""

    objects: dict[str, dict[str, Object]] = field(
        default_factory=lambda: {"pods": {}, "sparkapplications": {}, "scheduledsparkapplications": {}}
    )
    logs: dict[str, str] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    #: Answers instead of the object, once each: a status for `METHOD kind`.
    faults: dict[str, list[int]] = field(default_factory=dict)
    #: What the operator does with a new application.
    on_create: Callable[[Object], None] = lambda _: None
    #: What happens to an application's pods when it is deleted.
    on_delete: Callable[[Object], None] = lambda _: None
    url: str = ""

    def add(self, kind: str, found: Object) -> None:
        """Puts an object into the cluster."""
        self.objects[kind][found["metadata"]["name"]] = found

    def add_driver(self, application: Object, status: Object, log: str = "") -> None:
        """The driver's pod of an application, in a state."""
        name = f"{application['metadata']['name']}-driver"
        labels = {**application["spec"]["driver"]["labels"], "spark-role": "driver"}
        container = {"name": "spark-kubernetes-driver", "image": application["spec"]["image"]}
        pod = {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": name, "namespace": "processing", "labels": labels},
            "spec": {"containers": [container]},
            "status": status,
        }
        self.add("pods", pod)
        self.logs[name] = log

    def drop_driver(self, application: Object) -> None:
        """Takes the driver's pod away."""
        self.objects["pods"].pop(f"{application['metadata']['name']}-driver", None)

    @property
    def left(self) -> list[str]:
        """What there is of applications and pods."""
        return sorted([*self.objects["sparkapplications"], *self.objects["pods"]])


def running() -> Object:
    """The status of a driver that runs."""
    return _status("Running", {"running": {"startedAt": "2026-11-20T00:00:00Z"}})


def ended(code: int, message: str = "", reason: str | None = None) -> Object:
    """The status of a driver that ended with a code and last words."""
    told = reason or ("Completed" if code == 0 else "Error")
    state = {"terminated": {"exitCode": code, "reason": told, "message": message}}
    return _status("Failed" if code else "Succeeded", state)


def waiting(reason: str, message: str) -> Object:
    """The status of a driver whose container does not start."""
    return _status("Pending", {"waiting": {"reason": reason, "message": message}})


def _status(phase: str, state: Object) -> Object:
    container = {
        "name": "spark-kubernetes-driver",
        "image": "",
        "imageID": "",
        "ready": False,
        "restartCount": 0,
        "state": state,
    }
    return {"phase": phase, "containerStatuses": [container]}


@contextmanager
def serve_kube() -> Iterator[KubeApi]:
    """Serves an empty cluster."""
    api = KubeApi()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"api": api}))
    api.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield api
    finally:
        server.shutdown()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    api: KubeApi

    def do_GET(self) -> None:
        self._serve("GET")

    def do_POST(self) -> None:
        self._serve("POST")

    def do_DELETE(self) -> None:
        self._serve("DELETE")

    def _serve(self, method: str) -> None:
        url = urlsplit(self.path)
        match = _PATH.fullmatch(url.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if match is None:
            self._refuse(404, f"no path {url.path}")
            return
        kind, name = match["kind"], match["name"]
        self.api.calls.append(f"{method} {kind} {name or ''}".strip())
        faults = self.api.faults.get(f"{method} {kind}", [])
        if faults:
            self._refuse(faults.pop(0), "a fault of the test")
        elif method == "POST":
            self._create(kind, json.loads(body))
        elif name is None:
            self._list(kind, parse_qs(url.query).get("labelSelector", [""])[0])
        elif name not in self.api.objects[kind]:
            self._refuse(404, f'{kind} "{name}" not found')
        elif match["log"]:
            self._send(200, self.api.logs[name].encode(), "text/plain")
        elif method == "DELETE":
            self.api.on_delete(self.api.objects[kind].pop(name))
            self._answer({"kind": "Status", "status": "Success"})
        else:
            self._answer(self.api.objects[kind][name])

    def _list(self, kind: str, selector: str) -> None:
        found = [one for one in self.api.objects[kind].values() if _matches(one, selector)]
        self._answer({"apiVersion": "v1", "kind": "List", "metadata": {}, "items": found})

    def _create(self, kind: str, found: Object) -> None:
        if found["metadata"]["name"] in self.api.objects[kind]:
            self._refuse(409, "it is there")
            return
        self.api.add(kind, found)
        self.api.on_create(found)
        self._answer(found)

    def _refuse(self, status: int, message: str) -> None:
        self._send(status, json.dumps({"kind": "Status", "message": message}).encode())

    def _answer(self, found: Object) -> None:
        self._send(200, json.dumps(found).encode())

    def _send(self, status: int, body: bytes, kind: str = "application/json") -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


def _matches(found: Object, selector: str) -> bool:
    labels = found["metadata"].get("labels", {})
    wanted = [part.split("=", 1) for part in selector.split(",") if part]
    return all(labels.get(name) == value for name, value in wanted)
