"""The pipelines as a DAG bundle: one file for each, so that a broken pipeline hides no other.

Airflow marks every DAG of a file as stale when the file does not load, and it looks for Python files only. So each
pipeline gets a few lines of Python of its own, written here, outside of the repository.
"""

from __future__ import annotations

import os
import uuid
from pathlib import Path

from airflow.dag_processing.bundles.base import BaseDagBundle

from wavehouse.dags.pools import renew_pools
from wavehouse.errors import UserError

PIPELINES_VARIABLE = "WAVEHOUSE_PIPELINES"

_LOADER = '''\
"""The airflow DAGs of {file}, which says what they are."""

from pathlib import Path

from wavehouse.dags.build import build_dags

globals().update(build_dags(Path({file!r})))
'''


class PipelinesBundle(BaseDagBundle):
    """Every `<folder>/pipeline.yaml` below `folder`, by default $WAVEHOUSE_PIPELINES."""

    supports_versioning = False

    def __init__(self, *, folder: str | None = None, **kwargs: object) -> None:
        super().__init__(**kwargs)  # type: ignore[arg-type]
        found = folder or os.environ.get(PIPELINES_VARIABLE)
        if not found:
            raise UserError(f"{PIPELINES_VARIABLE} is not set: give it the folder that holds the pipelines")
        self._folder = Path(found)

    @property
    def path(self) -> Path:
        """Where Airflow finds the DAG files."""
        return Path(self.base_dir) / "dags"

    def get_current_version(self) -> None:
        """None: the image that carries the pipelines has the version."""
        return

    def initialize(self) -> None:
        """Writes the files, so that a worker that has never run the DAG processor finds them too."""
        self.refresh()
        super().initialize()

    def refresh(self) -> None:
        """Writes a file for each pipeline that has none or an old one, and removes those of pipelines that went."""
        self.path.mkdir(parents=True, exist_ok=True)
        wanted = {
            f"{file.parent.name}.py": _LOADER.format(file=str(file))
            for file in sorted(self._folder.glob("*/pipeline.yaml"))
        }
        for name, text in wanted.items():
            _write(self.path / name, text)
        for file in self.path.glob("*.py"):
            if file.name not in wanted:
                file.unlink(missing_ok=True)
        renew_pools(self._folder)


def _write(file: Path, text: str) -> None:
    """Whole or not at all, and not when it is there already: other processes load these files meanwhile."""
    if file.is_file() and file.read_text() == text:
        return
    part = file.with_name(f".{file.name}.{uuid.uuid4().hex}")
    part.write_text(text)
    part.replace(file)
