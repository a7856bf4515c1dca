"""A PostgreSQL server of the tests' own, on loopback: Debian's, in a folder that goes with it."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from s3_server import free_port

_QUICK = ("fsync=off", "full_page_writes=off", "synchronous_commit=off", "max_connections=30")


class PostgresServer:
    """A server. `url` is its database's address, user and password in it."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="wavehouse-postgres-"))
        self.port = free_port()
        self._bin = find_postgres()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"postgresql://shop:secret%2Fword@127.0.0.1:{self.port}/postgres"

    def start(self) -> None:
        """Makes the cluster where it is new, starts it, and waits until it answers."""
        data = self.folder / "data"
        if not data.exists():
            password = self.folder / "password"
            password.write_text("secret/word")
            self._own(self.folder)
            options = ["--username=shop", "--auth=scram-sha-256", f"--pwfile={password}", "--no-sync"]
            self._run(
                [str(self._bin / "initdb"), f"--pgdata={data}", "--encoding=UTF8", "--locale=C", *options]
            )
        settings = [f"--{name}" for name in (*_QUICK, f"unix_socket_directories={self.folder}")]
        command = [str(self._bin / "postgres"), "-D", str(data), "-h", "127.0.0.1", "-p", str(self.port)]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [*command, *settings], stdout=log, stderr=log, cwd="/", user=self._user()
            )
        deadline = time.monotonic() + 60
        while subprocess.run(
            [self._bin / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.port)], check=False
        ).returncode:
            if time.monotonic() > deadline or self._process.poll() is not None:
                raise RuntimeError((self.folder / "log").read_text())
            time.sleep(0.05)

    def sql(self, *statements: str) -> str:
        """Runs statements in one transaction. Returns what the queries among them give, a row a line."""
        done = subprocess.run(
            [self._bin / "psql", "-XqAt1", "-v", "ON_ERROR_STOP=1", self.url],
            input=";\n".join(statements),
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "PGTZ": "UTC"},
        )
        if done.returncode:
            raise RuntimeError(done.stderr)
        return done.stdout.strip()

    def stop(self) -> None:
        """Stops it, with all that was committed on disk: commits do not wait for that here."""
        self._end(signal.SIGINT)

    def remove(self) -> None:
        """Stops it, at once, and removes what it kept."""
        self._end(signal.SIGQUIT)
        shutil.rmtree(self.folder)

    def _end(self, how: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(30)
            self._process = None

    def _run(self, command: Sequence[str]) -> None:
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, cwd="/", user=self._user()
        )
        if done.returncode:
            raise RuntimeError(done.stderr)

    def _own(self, folder: Path) -> None:
        user = self._user()
        if user is not None:
            for path in (folder, *folder.iterdir()):
                shutil.chown(path, user=user)

    @staticmethod
    def _user() -> str | None:
        """Who runs the server, which refuses to be root; None where that is not this process's user."""
        if os.geteuid() != 0:
            return None
        names = {entry.pw_name for entry in pwd.getpwall()}
        return "postgres" if "postgres" in names else "nobody"


def find_postgres() -> Path:
    """The folder of the newest server's programs. Throws where there is none."""
    found = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parents[1].name)
    )
    on_path = shutil.which("initdb")
    if not found and not on_path:
        raise RuntimeError(
            "these tests need PostgreSQL's server: install it (Debian: apt install postgresql)"
        )
    return found[-1].parent if found else Path(str(on_path)).parent
