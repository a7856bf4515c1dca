"""The one Spark session of a job."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from pyspark.errors import PySparkRuntimeError
from pyspark.sql import SparkSession

from wavehouse.errors import UserError
from wavehouse.local_spark import SUBMIT_VARIABLE, submit_args

if TYPE_CHECKING:
    from collections.abc import Sequence


def open_session(name: str, formats: Sequence[str] = ("delta",)) -> SparkSession:
    """The Spark session: the one that spark-submit (the operator) prepared, else a local one.

    `name` is the application's, `formats` are those of the tables that it works on. Throws UserError when a local start
    finds no jars or no Java that starts.
    """
    # spark-submit starts the JVM before the program, set up by the template, and leaves the way to it here.
    if "PYSPARK_GATEWAY_PORT" not in os.environ:
        os.environ[SUBMIT_VARIABLE] = submit_args(os.environ.get(SUBMIT_VARIABLE), formats=formats)
    try:
        spark = SparkSession.builder.appName(name).getOrCreate()
    except PySparkRuntimeError as error:
        if error.getCondition() != "JAVA_GATEWAY_EXITED":
            raise
        home = os.environ.get("JAVA_HOME")
        raise UserError(
            f"Spark's JVM did not start (JAVA_HOME={home or ''}): it needs Java 17, and says more above"
        ) from error
    spark.conf.set("spark.sql.session.timeZone", "UTC")
    return spark


def close_session(spark: SparkSession) -> None:
    """Stops Spark and, where the job started it, waits for its JVM to end."""
    gateway = spark.sparkContext._gateway  # noqa: SLF001  (there is no public way to its process)
    spark.stop()
    process = getattr(gateway, "proc", None)
    if gateway is None or process is None:
        return
    gateway.shutdown()
    process.stdin.close()
    process.wait()
