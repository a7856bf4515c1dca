"""How a job starts Spark inside itself: a quick start on little data.

On two cores a cold JVM, not the data, is most of a job's time. What is set here brought a job from 15 s to 6 s.
"""

from __future__ import annotations

import hashlib
import os
import shlex
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pyspark

from wavehouse.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Sequence

JARS_VARIABLE = "WAVEHOUSE_JARS"

#: pyspark takes its launch arguments from this variable; they end with this name.
SUBMIT_VARIABLE = "PYSPARK_SUBMIT_ARGS"
_SUBMIT_PROGRAM = "pyspark-shell"

#: Which jars only one table format needs, by the beginning of their names: what is not loaded costs nothing.
_JARS_OF = {
    "delta": ("delta-",),
    "iceberg": ("iceberg-", "kms-", "postgresql-", "sqlite-jdbc-", "url-connection-client-"),
}

#: What Spark must be told of a format before it starts; catalogs are told later, to the session.
FORMAT_CONF = {
    "delta": {
        "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
        "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
        "spark.databricks.delta.snapshotPartitions": "1",
    },
    "iceberg": {
        "spark.sql.extensions": "org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions",
    },
}


def submit_args(
    given: str | None = None, *, formats: Sequence[str] = ("delta",), java_options: str | None = None
) -> str:
    """Launch arguments of a local Spark for some table formats: the defaults, then `given`, which wins.

    `java_options` stand in place of those that use the class archive. Throws UserError without jars.
    """
    arguments = [f"--conf={key}={value}" for key, value in _conf(formats, java_options).items()]
    return f"{shlex.join(arguments)} {given or _SUBMIT_PROGRAM}"


def local_jars(formats: Sequence[str] = ("delta",)) -> list[Path]:
    """The jars of a local Spark for some table formats, sorted.

    Throws UserError when WAVEHOUSE_JARS names no folder with jars.
    """
    folder = os.environ.get(JARS_VARIABLE)
    jars = sorted(Path(folder).resolve().glob("*.jar")) if folder else []
    if not jars:
        raise UserError(
            f"{JARS_VARIABLE}={folder or ''}: no jars; local Spark needs the folder of Delta's jars"
        )
    others = tuple(start for name, starts in _JARS_OF.items() if name not in formats for start in starts)
    return [jar for jar in jars if not jar.name.startswith(others)]


def archive_path(jars: Sequence[Path]) -> Path:
    """Where the class archive for this Java, this Spark and these jars is, or would be."""
    identity = hashlib.sha256()
    for part in (_java_release(), pyspark.__version__, pyspark.__file__, *map(_fingerprint, jars)):
        identity.update(part.encode() + b"\0")
    return _cache() / "class-archive" / f"{identity.hexdigest()[:16]}.jsa"


def _conf(formats: Sequence[str], java_options: str | None) -> dict[str, str]:
    jars = local_jars(formats)
    if java_options is None:
        archive = archive_path(jars)
        java_options = f"-XX:SharedArchiveFile={archive}" if archive.exists() else ""
    logging = Path(__file__).with_name("log4j2.properties").as_uri()
    return {
        "spark.master": "local[2]",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.memory": "1g",
        # On the class path rather than in spark.jars: only what is there can be in the class archive.
        "spark.driver.extraClassPath": os.pathsep.join(str(jar) for jar in jars),
        # The first compiler alone: a job is over before the second has paid for itself. What it makes of a dozen
        # tables' plans does not fit where Java would keep it.
        "spark.driver.extraJavaOptions": (
            "-XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=128m -XX:+UseSerialGC "
            f"-Dlog4j2.configurationFile={logging} {java_options}"
        ).strip(),
        **_format_conf(formats),
        # One process cannot lose itself: after a laptop's sleep Spark thinks so, and ends.
        "spark.executor.heartbeatInterval": "24h",
        "spark.network.timeout": "48h",
        "spark.sql.warehouse.dir": (Path(tempfile.gettempdir()) / "wavehouse-warehouse").as_uri(),
        "spark.sql.shuffle.partitions": "2",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
    }


def _format_conf(formats: Sequence[str]) -> dict[str, str]:
    """The settings of all the formats; they share only the list of Spark's extensions."""
    conf: dict[str, str] = {}
    for name in formats:
        for key, value in FORMAT_CONF[name].items():
            both = key == "spark.sql.extensions" and key in conf
            conf[key] = f"{conf[key]},{value}" if both else value
    return conf


def _cache() -> Path:
    own = os.environ.get("WAVEHOUSE_CACHE")
    if own:
        return Path(own)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "wavehouse"


def _java_release() -> str:
    """What Java says of itself in its home's `release` file: a JVM takes no other build's archive."""
    home = os.environ.get("JAVA_HOME")
    try:
        return (Path(home) / "release").read_text() if home else ""
    except OSError:
        return ""


def _fingerprint(jar: Path) -> str:
    """A jar as the JVM compares it: path, size and time."""
    found = jar.stat()
    return f"{jar}:{found.st_size}:{found.st_mtime_ns}"
