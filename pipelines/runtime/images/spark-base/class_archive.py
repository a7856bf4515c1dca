"""Makes the class data archive (AppCDS) of the image: what Java loads in every job, parsed and checked once.

    python3 class_archive.py TARGET      runs a few tables through Spark, and keeps the classes that it took

An archive serves only the class path that it was made with, or one that begins with that: the jars one by one, in the
order of their names, which is how entrypoint.sh starts Java, too. Where it does not fit, Java starts without it.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from typing import Any, cast

from delta.tables import DeltaTable
from pyspark.sql import SparkSession
from pyspark.sql import functions as F  # noqa: N812

JARS = sorted(Path(os.environ["SPARK_HOME"], "jars").glob("*.jar"))

#: Loaded by drivers and executors in a cluster, and by no job that runs in one process.
ELSEWHERE = (
    "org.apache.spark.executor.CoarseGrainedExecutorBackend",
    "org.apache.spark.scheduler.cluster.k8s.KubernetesClusterManager",
    "org.apache.spark.scheduler.cluster.k8s.KubernetesClusterSchedulerBackend",
    "org.apache.spark.scheduler.cluster.k8s.KubernetesExecutorBackend",
    "org.apache.spark.scheduler.cluster.k8s.ExecutorPodsAllocator",
    "org.apache.spark.scheduler.cluster.k8s.ExecutorPodsWatchSnapshotSource",
    "org.apache.spark.scheduler.cluster.k8s.ExecutorPodsPollingSnapshotSource",
    "io.fabric8.kubernetes.client.impl.KubernetesClientImpl",
    "io.fabric8.kubernetes.api.model.Pod",
    "io.fabric8.kubernetes.api.model.PodBuilder",
    "io.fabric8.kubernetes.api.model.ConfigMapBuilder",
    "org.apache.hadoop.fs.s3a.S3AFileSystem",
    "org.apache.hadoop.fs.s3a.S3AInputStream",
    "org.apache.hadoop.fs.s3a.S3ABlockOutputStream",
    "software.amazon.awssdk.services.s3.DefaultS3Client",
    "software.amazon.awssdk.services.s3.DefaultS3AsyncClient",
)


def main(target: Path) -> None:
    """Makes the archive. Fails when Java made none."""
    with tempfile.TemporaryDirectory() as scratch:
        os.chdir(scratch)
        start(target, Path(scratch))
        run(Path(scratch))
        os.chdir("/")
    if not target.exists():
        sys.exit(f"{target}: Java made no class archive")


def start(target: Path, folder: Path) -> None:
    """Says how Java is to be started."""
    options = f"-XX:ArchiveClassesAtExit={target} -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xlog:cds=off"
    conf = {
        "spark.master": "local[1]",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.extraClassPath": os.pathsep.join(str(jar) for jar in JARS),
        "spark.driver.extraJavaOptions": options,
        "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
        "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
        "spark.sql.shuffle.partitions": "1",
        "spark.databricks.delta.snapshotPartitions": "1",
        "spark.sql.warehouse.dir": folder.as_uri(),
        "spark.ui.enabled": "false",
    }
    arguments = " ".join(f"--conf '{key}={value}'" for key, value in conf.items())
    # Where an image is built nobody may know the machine's name.
    os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"
    os.environ["SPARK_LOCAL_HOSTNAME"] = "localhost"
    os.environ["PYSPARK_SUBMIT_ARGS"] = f"{arguments} pyspark-shell"


def run(folder: Path) -> None:
    """What jobs do, in little: JSON to Delta, a merge, a query, another table."""
    spark = SparkSession.builder.appName("class-archive").getOrCreate()
    (folder / "page.json").write_text('[{"id": "1", "size": 1.5}, {"id": "2", "size": null}]')
    rows = spark.read.json(str(folder / "page.json"), multiLine=True).withColumn("day", F.current_date())
    table = str(folder / "table")
    rows.write.format("delta").partitionBy("day").save(table)
    merge = DeltaTable.forPath(spark, table).alias("t").merge(rows.alias("s"), "t.id = s.id")
    merge.whenMatchedUpdateAll().whenNotMatchedInsertAll().execute()
    spark.sql("CREATE DATABASE silver")
    spark.sql(f"CREATE TABLE silver.things USING delta LOCATION '{table}'")
    made = spark.sql(
        "SELECT day, count(*) AS n, avg(size) AS size FROM silver.things GROUP BY day ORDER BY n"
    )
    made.write.format("delta").save(str(folder / "mart"))
    load_elsewhere(cast("Any", spark._jvm))  # noqa: SLF001
    gateway = cast("Any", spark.sparkContext._gateway)  # noqa: SLF001
    spark.stop()
    # Java writes the archive as it ends.
    gateway.shutdown()
    gateway.proc.stdin.close()
    gateway.proc.wait()


def load_elsewhere(jvm: Any) -> None:  # noqa: ANN401
    """Loads what only a cluster would."""
    loader = jvm.java.lang.Thread.currentThread().getContextClassLoader()
    for name in ELSEWHERE:
        jvm.java.lang.Class.forName(name, True, loader)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
