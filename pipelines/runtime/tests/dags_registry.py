"""A registry on loopback, and images pushed to it that carry a few lines of Python in the jobs' place."""

from __future__ import annotations

import io
import os
import re
import subprocess
import tarfile
import textwrap
from dataclasses import dataclass
from pathlib import Path

TOOL = Path(__file__).parents[3] / "scripts" / "tools" / "crane"

#: A job that leaves word of how it was run.
JOB = """\
import json, os, pathlib, sys
import wavehouse
seen = {
    "arguments": sys.argv[1:],
    "wavehouse": wavehouse.__file__,
    "env": {name: value for name, value in os.environ.items() if not name.startswith("_")},
    "path": sys.path,
}
pathlib.Path(os.environ["SEEN"]).write_text(json.dumps(seen))
print("a line of the job")
"""


@dataclass(frozen=True)
class Registry:
    """A running registry: the tool that speaks to it, and its host."""

    crane: Path
    host: str

    def push(self, name: str, files: dict[str, str], extra: list[tarfile.TarInfo] | None = None) -> str:
        """Pushes an image of one layer; returns its reference, tag and digest."""
        layer = io.BytesIO()
        with tarfile.open(fileobj=layer, mode="w") as archive:
            for path, text in files.items():
                entry = tarfile.TarInfo(path)
                entry.size = len(text.encode())
                entry.mode = 0o644
                archive.addfile(entry, io.BytesIO(text.encode()))
            for entry in extra or []:
                archive.addfile(entry)
        reference = f"{self.host}/{name}:test"
        command = [str(self.crane), "append", "--oci-empty-base", "-f", "-", "-t", reference]
        done = subprocess.run(command, input=layer.getvalue(), capture_output=True, check=True)
        digest = done.stdout.decode().strip().split("@")[1]
        return f"{reference}@{digest}"

    def push_job(self, name: str, step: str, job: str = JOB) -> str:
        """Pushes an image as build-images makes it, with a job of the test's own."""
        runtime = "opt/wavehouse/runtime/wavehouse"
        return self.push(
            name,
            {
                "opt/wavehouse/pipeline/pipeline.yaml": "name: from-the-image\n",
                f"{runtime}/__init__.py": "",
                f"{runtime}/jobs/{step}.py": job,
            },
        )


def find_crane(folder: Path) -> Path:
    """The crane that the environment gives, else one built from the pinned module."""
    given = os.environ.get("WAVEHOUSE_CRANE")
    if given:
        return Path(given)
    built = folder / "crane"
    package = "github.com/google/go-containerregistry/cmd/crane"
    subprocess.run(["go", "build", "-o", built, package], cwd=TOOL, check=True, timeout=300)
    return built


def start_registry(crane: Path, folder: Path) -> tuple[subprocess.Popen[str], str]:
    """Starts a registry on a free port of loopback; returns its process and host."""
    folder.mkdir()
    command = [str(crane), "registry", "serve", "--address", "127.0.0.1:0", "--disk", str(folder)]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    assert process.stderr
    for line in process.stderr:
        match = re.search(r"serving on port (\d+)", line)
        if match:
            return process, f"localhost:{match[1]}"
    raise RuntimeError("the registry ended before it served")


def template(pipeline: str, step: str, image: str, memory: str = "512m") -> str:
    """A rendered template, as the overlay has it."""
    return textwrap.dedent(f"""\
        ---
        apiVersion: sparkoperator.k8s.io/v1beta2
        kind: ScheduledSparkApplication
        metadata:
          name: {pipeline}-{step}
          labels: {{ wavehouse.dev/pipeline: {pipeline}, wavehouse.dev/step: {step} }}
        spec:
          suspend: true
          template:
            image: {image}
            mainApplicationFile: local:///opt/wavehouse/runtime/wavehouse/jobs/{step}.py
            arguments: [--pipeline, /opt/wavehouse/pipeline/pipeline.yaml]
            sparkConf: {{ spark.sql.shuffle.partitions: "4" }}
            driver:
              memory: {memory}
              env:
                - {{ name: PYTHONPATH, value: /opt/wavehouse/runtime }}
                - {{ name: WAVEHOUSE_STORE, value: "s3a://{{bucket}}" }}
                - {{ name: FROM_SECRET, valueFrom: {{ secretKeyRef: {{ name: s, key: k }} }} }}
        """)
