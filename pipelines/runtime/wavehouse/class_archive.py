"""Makes the class data archive (AppCDS) of local Spark: its classes, parsed and checked once for every later start.

    python -m wavehouse.class_archive [delta|iceberg]      makes it where it is missing; prints its path

The JVM archives what it has loaded when it ends, so this runs all three jobs once, on a few rows, in one JVM.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import tempfile
from pathlib import Path

from wavehouse import layout
from wavehouse.errors import UserError
from wavehouse.jobs.command import Run
from wavehouse.jobs.gold import make_gold
from wavehouse.jobs.quality import publish
from wavehouse.jobs.silver import make_silver
from wavehouse.local_spark import FORMAT_CONF, SUBMIT_VARIABLE, archive_path, local_jars, submit_args
from wavehouse.manifest import Manifest, Page, write_manifest
from wavehouse.session import close_session, open_session
from wavehouse.spec import load_pipeline
from wavehouse.store import Store

_PIPELINE = """\
apiVersion: wavehouse.dev/v1
kind: Pipeline
metadata: { name: classes, owner: wavehouse }
spec:
  schedule: "@daily"
  storage: { format: FORMAT, bucket: classes, catalog: iceberg }
  sources: { api: { type: http, url: "http://localhost" } }
  tables:
    - name: things
      source: api
      keys: [id]
      partitionBy: [kind]
      write: merge
      columns: { id: string, kind: string, size: double }
      quality:
        - { rule: id is not null, severity: fail }
        - { rule: size between 0 and 10, severity: quarantine }
        - { rule: kind is not null, severity: warn }
  marts:
    - { name: by_kind, sql: by_kind.sql }
"""
_SQL = "SELECT kind, count(*) AS things, count(size) AS sized FROM silver.things GROUP BY kind"
_DAYS = ("2026-01-01", "2026-01-02")


def make_archive(table_format: str = "delta") -> Path:
    """Makes the archive of a table format's jobs unless it is there. Throws UserError when the JVM makes none."""
    if table_format not in FORMAT_CONF:
        raise UserError(f"{table_format}: no such format (there are: {', '.join(FORMAT_CONF)})")
    target = archive_path(local_jars((table_format,)))
    if target.exists():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="wavehouse-classes-", dir=target.parent) as scratch:
        made = Path(scratch) / target.name
        os.environ[SUBMIT_VARIABLE] = submit_args(
            formats=(table_format,), java_options=f"-XX:ArchiveClassesAtExit={made} -Xlog:cds=off"
        )
        _run_jobs(Path(scratch), table_format)
        if not made.exists():
            raise UserError(f"{target}: this Java made no class archive; jobs start without it, only slower")
        made.replace(target)
    return target


def _run_jobs(folder: Path, table_format: str) -> None:
    file = folder / "pipeline.yaml"
    file.write_text(_PIPELINE.replace("FORMAT", table_format))
    (folder / "by_kind.sql").write_text(_SQL)
    pipeline = load_pipeline(file)
    store = Store.open(pipeline.storage.bucket, f"{folder.as_uri()}/{{bucket}}")
    spark = open_session("class-archive", (table_format,))
    # The second day merges into what the first made.
    for day in _DAYS:
        _ingest(store, day)
        run = Run(spark, pipeline, store, day, "class-archive")
        for job in (make_silver, publish, make_gold):
            job(run)
    close_session(spark)


def _ingest(store: Store, day: str) -> None:
    records = [{"id": f"{n}", "kind": f"k{n % 3}", "size": n if n % 2 else f"{n}.5"} for n in range(20)]
    data = json.dumps(records).encode()
    page = Page(layout.bronze_page("1", 1), len(data), hashlib.sha256(data).hexdigest(), len(records))
    store.write_atomic(f"{layout.bronze_partition('classes', 'things', day)}/{page.path}", data)
    write_manifest(store, Manifest("classes", "things", day, "1", "1", "http://localhost", 20, (page,)))


if __name__ == "__main__":
    sys.stdout.write(f"{make_archive(*sys.argv[1:2])}\n")
