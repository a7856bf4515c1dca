"""The maintenance job: what many small writes leave of a pipeline's tables, tidied. No row changes.

It runs beside the other jobs: what they commit meanwhile stands, and nothing that is younger than a day is removed.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException

from wavehouse import layout
from wavehouse.jobs.command import Counted, Run, main
from wavehouse.jobs.conflict import again_on_conflict, is_conflict
from wavehouse.jobs.upkeep import Compacted
from wavehouse.spec_maintenance import Maintenance

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wavehouse.jobs.upkeep import Upkeep
    from wavehouse.report import TableMetrics


def maintain(run: Run) -> Counted:
    """Tidies every table of the pipeline that there is."""
    settings = run.pipeline.maintenance or Maintenance()
    upkeep = _open_upkeep(run)
    keys = [key for key in _keys(run) if run.tables.exists(key)]
    return Counted([_tidy(run, upkeep, key, settings) for key in keys], [])


def _open_upkeep(run: Run) -> Upkeep:
    if run.pipeline.storage.format == "iceberg":
        from wavehouse.jobs.iceberg_upkeep import IcebergUpkeep  # noqa: PLC0415  (only what is used is loaded)

        return IcebergUpkeep(run.versioned, run.spark)
    from wavehouse.jobs.delta_upkeep import DeltaUpkeep  # noqa: PLC0415

    return DeltaUpkeep(run.spark, run.store)


def _keys(run: Run) -> Iterator[str]:
    name = run.pipeline.name
    for table in run.pipeline.tables:
        if run.pipeline.is_raw(table):
            yield layout.raw_table(name, table.name)
        yield layout.staging_table(name, table.name)
        yield layout.silver_table(name, table.name)
        yield layout.quarantine_table(name, table.name)
    for mart in run.pipeline.marts:
        yield layout.gold_table(name, mart.name)


def _tidy(run: Run, upkeep: Upkeep, key: str, settings: Maintenance) -> TableMetrics:
    now = datetime.now(UTC)
    try:
        done = again_on_conflict(lambda: upkeep.compact(key))
    except (PySparkException, Py4JJavaError) as error:
        if not is_conflict(error):
            raise
        # It is written all the time: the files that it has now are the next maintenance's.
        sys.stdout.write(f"{run.tables.where(key)}: left as it is, other jobs write it all the time\n")
        done = Compacted(0, 0, 0)
    freed = again_on_conflict(lambda: upkeep.expire(key, now - settings.keep_snapshots))
    orphans = upkeep.remove_orphans(key, now - settings.keep_orphans)
    if done.files_before or freed or orphans:
        sys.stdout.write(
            f"{run.tables.where(key)}: {done.files_before} files to {done.files_after}, {freed} freed by what "
            f"expired, {orphans} that no table knew\n"
        )
    return {
        "name": ".".join(layout.layer_and_name(key)),
        "bytes": done.bytes,
        "files_before": done.files_before,
        "files_after": done.files_after,
        "files_removed": freed + orphans,
    }


if __name__ == "__main__":
    sys.exit(main("maintain", maintain))
