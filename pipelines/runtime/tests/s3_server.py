"""A real S3 server, VersityGW, on loopback."""

from __future__ import annotations

import os
import socket
import subprocess
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

TOOL = Path(__file__).parents[3] / "scripts" / "tools" / "versitygw"
PACKAGE = "github.com/versity/versitygw/cmd/versitygw"
BUCKET = "lake"


@dataclass
class S3Server:
    """A server over a folder. It can be stopped and started again on the same port."""

    program: Path
    folder: Path
    port: int
    process: subprocess.Popen[bytes] | None = field(default=None)

    @property
    def environment(self) -> dict[str, str]:
        """What leads a client of AWS here."""
        return {
            "AWS_ENDPOINT_URL_S3": f"http://127.0.0.1:{self.port}",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "lake",
            "AWS_SECRET_ACCESS_KEY": "not-a-secret",
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def start(self) -> None:
        """Starts the server, and waits until it answers."""
        (self.folder / BUCKET).mkdir(parents=True, exist_ok=True)
        self.process = subprocess.Popen(
            [self.program, "--port", f"127.0.0.1:{self.port}", "--quiet", "posix", self.folder],
            env={"PATH": os.environ["PATH"], "ROOT_ACCESS_KEY": "lake", "ROOT_SECRET_KEY": "not-a-secret"},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + 20
        while not self._answers():
            assert self.process.poll() is None, "the S3 server ended"
            assert time.monotonic() < deadline, "the S3 server does not answer"
            time.sleep(0.05)

    def stop(self) -> None:
        """Kills the server, in the middle of whatever it does."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def _answers(self) -> bool:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{self.port}/", timeout=1)
        except urllib.error.HTTPError:
            return True
        except OSError:
            return False
        return True


def free_port() -> int:
    """A port of loopback that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def find_versitygw(folder: Path) -> Path:
    """The server that the environment gives, else one built from the pinned module."""
    given = os.environ.get("WAVEHOUSE_VERSITYGW")
    if given:
        return Path(given)
    built = folder / "versitygw"
    subprocess.run(["go", "build", "-trimpath", "-o", built, PACKAGE], cwd=TOOL, check=True, timeout=600)
    return built
