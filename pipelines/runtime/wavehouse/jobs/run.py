"""Several steps, of one partition or of many, in one process: for a laptop and for tests.

In a cluster each step is a process of its own, so that one that dies takes no other with it.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from wavehouse import layout
from wavehouse.errors import UserError
from wavehouse.jobs.command import Run, require_environment, run_step, tell
from wavehouse.jobs.gold import make_gold
from wavehouse.jobs.maintain import maintain
from wavehouse.jobs.quality import publish
from wavehouse.jobs.raw import make_raw
from wavehouse.jobs.silver import make_silver
from wavehouse.jobs.supported import require_supported
from wavehouse.session import close_session, open_session
from wavehouse.spec import load_pipeline
from wavehouse.store import Store

if TYPE_CHECKING:
    from collections.abc import Sequence

_WORK = {"raw": make_raw, "silver": make_silver, "quality": publish, "gold": make_gold, "maintain": maintain}
#: What a run consists of, where nobody says otherwise.
_RUN = ("raw", "silver", "quality", "gold")


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the steps in their order, for one partition after the other, until one fails.

    Returns the exit code: 0, or 1 after one message on stderr for what the user can mend.
    """
    parser = argparse.ArgumentParser(prog="run")
    parser.add_argument("--pipeline", type=Path, required=True, help="the pipeline.yaml")
    parser.add_argument("--partition", action="append", required=True, help="YYYY-MM-DD; may be said again")
    parser.add_argument("--run-id", required=True, help="names the run in reports")
    parser.add_argument("--steps", default=",".join(_RUN), help="which steps, by commas")
    parser.add_argument("--reload", action="store_true", help="raw: read all of a database anew")
    options = parser.parse_args(arguments)
    try:
        pipeline = load_pipeline(options.pipeline)
        steps = _steps(options.steps)
        partitions = [layout.checked_partition(partition) for partition in options.partition]
        require_supported(pipeline)
        for step in steps:
            require_environment(pipeline, step)
        store = Store.open(pipeline.storage.bucket)
        spark = open_session(f"{pipeline.name}-run", (pipeline.storage.format,))
    except UserError as error:
        tell(f"run: {error}")
        return 1
    try:
        for partition in partitions:
            run = Run(spark, pipeline, store, partition, options.run_id, options.reload)
            if any(run_step(step, _WORK[step], run) for step in steps):
                return 1
    finally:
        close_session(spark)
    return 0


def _steps(text: str) -> list[str]:
    steps = text.split(",")
    unknown = [step for step in steps if step not in _WORK]
    if unknown:
        raise UserError(f"--steps: no such step: {unknown[0]} (there are: {', '.join(_WORK)})")
    return [step for step in _WORK if step in steps]


if __name__ == "__main__":
    sys.exit(main())
