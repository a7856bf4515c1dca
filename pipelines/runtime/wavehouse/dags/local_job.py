"""Runs a Spark job on this machine, as a process, from the code that its image carries and nothing else."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections import deque
from typing import TYPE_CHECKING

from wavehouse.dags.image import unpack_image
from wavehouse.dags.java import java_home
from wavehouse.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from wavehouse.dags.templates import SparkTemplate

#: How long a job may take to end when it is asked to.
KILL_GRACE_SECONDS = 5.0

#: Where the template's paths begin that are the image's own.
_IMAGE_ROOT = "/opt/wavehouse"
_LINES_KEPT = 25


class LocalJob:
    """One try of a job. The process stays in the task's process group, which Airflow ends as a whole."""

    def __init__(
        self,
        template: SparkTemplate,
        *,
        image: str,
        partition: str,
        run_id: str,
        arguments: Sequence[str] = (),
    ) -> None:
        self._template = template
        self._image = image
        self._arguments = ["--partition", partition, "--run-id", run_id, *arguments]
        self._process: subprocess.Popen[str] | None = None

    def run(self, log: Callable[[str], None]) -> None:
        """Runs the job to its end, each line of its output to `log`.

        Throws UserError when there is no fitting Java, the image cannot be had, or the job says itself what is wrong;
        RuntimeError when it ends badly in any other way.
        """
        java = java_home()
        root = unpack_image(self._image)
        log(f"{self._template.name}: running {self._image}")
        command = [sys.executable, self._in_image(root, self._template.main_file)]
        command += [self._in_image(root, argument) for argument in self._template.arguments]
        self._process = subprocess.Popen(
            [*command, *self._arguments],
            env=self._environment(root, java),
            cwd=root,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
        last: deque[str] = deque(maxlen=_LINES_KEPT)
        try:
            assert self._process.stdout  # noqa: S101
            for line in self._process.stdout:
                last.append(line.rstrip())
                log(line.rstrip())
            status = self._process.wait()
        finally:
            self.kill()
        if status != 0:
            raise _failure(self._template, status, list(last))

    def kill(self) -> None:
        """Ends the process, and with it its JVM, which lives as long as its standard input is open."""
        process = self._process
        if process is None or process.poll() is not None:
            return
        process.terminate()
        try:
            process.wait(KILL_GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _environment(self, root: Path, java: Path) -> dict[str, str]:
        """This process's environment without what is Airflow's or Python's, and what the template adds to it."""
        own = {
            name: value
            for name, value in os.environ.items()
            if not name.lstrip("_").startswith(("AIRFLOW", "PYTHON"))
        }
        driver = {name: self._in_image(root, value) for name, value in self._template.driver_env.items()}
        return {
            **driver,
            **own,
            "PYTHONPATH": driver.get("PYTHONPATH", ""),
            "PYTHONUNBUFFERED": "1",
            "JAVA_HOME": str(java),
            "PYSPARK_PYTHON": sys.executable,
            "PYSPARK_SUBMIT_ARGS": self._submit_args(),
            "SPARK_LOCAL_IP": "127.0.0.1",
        }

    def _submit_args(self) -> str:
        arguments = ["--driver-memory", self._template.driver_memory]
        for key, value in self._template.spark_conf.items():
            arguments += ["--conf", f"{key}={value}"]
        return f"{shlex.join(arguments)} pyspark-shell"

    @staticmethod
    def _in_image(root: Path, value: str) -> str:
        return f"{root}{value}" if value.startswith(f"{_IMAGE_ROOT}/") else value


def _failure(template: SparkTemplate, status: int, last: list[str]) -> Exception:
    """A job tells a user's fault from its step's name on; a stack trace is a bug, anything else a crash."""
    told = [index for index, line in enumerate(last) if line.startswith(f"{template.step}: ")]
    if status == 1 and told and not any(line.startswith("Traceback") for line in last):
        return UserError("\n".join(last[told[-1] :]))
    how = f"was ended by signal {-status}" if status < 0 else f"ended with status {status}"
    tail = "\n".join(line for line in last if line)
    return RuntimeError(f"{template.name} {how}. Its last lines:\n{tail}")
