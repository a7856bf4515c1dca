"""Makes the class data archive (AppCDS) of the image: what Java loads in every job, parsed and checked once.

    python3 class_archive.py TARGET      runs a few tables through Spark, and keeps the classes that it took

An archive serves only the class path that it was made with, or one that begins with that: the jars one by one, in the
order of their names, which is how entrypoint.sh starts Java, too. Where it does not fit, Java starts without it.
"""

from __future__ import annotations

import os
import sqlite3
import sys
import tempfile
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from delta.tables import DeltaTable
from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException
from pyspark.sql import Observation, SparkSession, Window
from pyspark.sql import functions as F  # noqa: N812

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

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
    "org.apache.iceberg.rest.RESTTableOperations",
    "org.apache.iceberg.rest.requests.UpdateTableRequestParser",
    "org.apache.iceberg.rest.responses.ErrorResponseParser",
    "org.apache.iceberg.rest.responses.LoadTableResponseParser",
)

#: A port of this machine that answers nothing: what asks it loads all that asking takes.
NOWHERE = "http://127.0.0.1:9"


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
        "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension,"
        "org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions",
        "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
        "spark.sql.catalog.lake": "org.apache.iceberg.spark.SparkCatalog",
        "spark.sql.catalog.lake.type": "jdbc",
        "spark.sql.catalog.lake.uri": f"jdbc:sqlite:{folder / 'lake.db'}",
        "spark.sql.catalog.lake.jdbc.schema-version": "V1",
        "spark.sql.catalog.lake.warehouse": (folder / "lake").as_uri(),
        "spark.sql.catalog.lake.cache-enabled": "false",
        "spark.sql.catalog.away": "org.apache.iceberg.spark.SparkCatalog",
        "spark.sql.catalog.away.type": "rest",
        "spark.sql.catalog.away.uri": NOWHERE,
        "spark.sql.catalog.away.http-client.type": "urlconnection",
        "spark.hadoop.fs.s3a.endpoint": NOWHERE,
        "spark.hadoop.fs.s3a.endpoint.region": "us-east-1",
        "spark.hadoop.fs.s3a.path.style.access": "true",
        "spark.hadoop.fs.s3a.access.key": "none",
        "spark.hadoop.fs.s3a.secret.key": "none",
        "spark.hadoop.fs.s3a.attempts.maximum": "1",
        "spark.hadoop.fs.s3a.retry.limit": "1",
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
    """What jobs do, in little, with tables of either format."""
    spark = SparkSession.builder.appName("class-archive").getOrCreate()
    (folder / "page.json").write_text('[{"id": "1", "size": 1.5}, {"id": "2", "size": null}]')
    rows = spark.read.json(str(folder / "page.json"), multiLine=True).withColumn("day", F.current_date())
    work_with_delta(spark, rows, str(folder))
    work_with_iceberg(spark, folder)
    ask_nowhere(spark)
    load_elsewhere(cast("Any", spark._jvm))  # noqa: SLF001
    gateway = cast("Any", spark.sparkContext._gateway)  # noqa: SLF001
    spark.stop()
    # Java writes the archive as it ends.
    gateway.shutdown()
    gateway.proc.stdin.close()
    gateway.proc.wait()


def work_with_delta(spark: SparkSession, rows: DataFrame, folder: str) -> None:
    """JSON to Delta, a merge, a query, another table."""
    table = f"{folder}/table"
    rows.write.format("delta").partitionBy("day").save(table)
    merge = DeltaTable.forPath(spark, table).alias("t").merge(rows.alias("s"), "t.id = s.id")
    merge.whenMatchedUpdateAll().whenNotMatchedInsertAll().execute()
    spark.sql("CREATE DATABASE silver")
    spark.sql(f"CREATE TABLE silver.things USING delta LOCATION '{table}'")
    made = spark.sql(
        "SELECT day, count(*) AS n, avg(size) AS size FROM silver.things GROUP BY day ORDER BY n"
    )
    made.write.format("delta").save(f"{folder}/mart")


def work_with_iceberg(spark: SparkSession, folder: Path) -> None:
    """Rows of a database to Iceberg: typed, merged by key, and a mart of them."""
    spark.sql("CREATE NAMESPACE lake.raw")
    columns = (
        "id string COMMENT 'a key', size double, day date, at timestamp, v struct<n: int, at: timestamp>"
    )
    for name, split in (("came", "day"), ("known", "months(at)")):
        spark.sql(
            f"CREATE TABLE IF NOT EXISTS lake.raw.{name} ({columns}) USING iceberg PARTITIONED BY ({split}) "
            "TBLPROPERTIES ('format-version' = '2', 'write.merge.mode' = 'merge-on-read')"
        )
    moment = F.to_timestamp(F.lit("2026-01-01"))
    typed = read_database(spark, folder).select(
        F.trim(F.regexp_replace("id", "x", "")).alias("id"),
        F.expr("try_cast(size AS double)").alias("size"),
        F.to_date(F.lit("2026-01-01")).alias("day"),
        moment.alias("at"),
        F.struct(F.lit(1).alias("n"), moment.alias("at")).alias("v"),
    )
    counted = Observation()
    staged = typed.observe(counted, F.count(F.lit(1)).alias("rows"))
    for _ in range(2):
        new = staged.join(spark.table("lake.raw.came").select("id", "v"), on=["id", "v"], how="left_anti")
        new.writeTo("lake.raw.came").option("isolation-level", "serializable").overwrite(F.col("at").isNull())
    newest = Window.partitionBy("id").orderBy(F.col("v").desc())
    changes = spark.table("lake.raw.came").withColumn("place", F.row_number().over(newest)).where("place = 1")
    changes.drop("place").createOrReplaceTempView("changes")
    for _ in range(2):
        spark.sql(
            "MERGE INTO lake.raw.known t USING changes s ON t.id = s.id AND t.id BETWEEN '1' AND '2' "
            "WHEN MATCHED AND s.size IS NULL THEN DELETE WHEN MATCHED AND s.v >= t.v THEN UPDATE SET * "
            "WHEN NOT MATCHED THEN INSERT *"
        )
    spark.sql("ALTER TABLE lake.raw.known SET TBLPROPERTIES ('note' = 'x')")
    spark.sql("ALTER TABLE lake.raw.known ADD COLUMNS (more string)")
    spark.sql(
        "SELECT max_by(struct(size, at), v), collect_set(day) FROM lake.raw.known GROUP BY id"
    ).collect()
    made = spark.sql(
        "WITH days AS (SELECT explode(sequence(min(day), max(day), INTERVAL 1 DAY)) AS day FROM lake.raw.known) "
        "SELECT d.day, count(DISTINCT s.id) AS n, cast(sum(s.size) AS DECIMAL(18, 2)) AS size, "
        "percentile_disc(0.5) WITHIN GROUP (ORDER BY s.size) AS half, count_if(s.size > 1) AS large "
        "FROM days d LEFT JOIN lake.raw.known s ON s.day = d.day GROUP BY d.day"
    ).persist()
    made.agg(F.count_distinct(F.struct("day"))).collect()
    made.createOrReplaceTempView("made")
    spark.sql("CREATE OR REPLACE TABLE lake.raw.mart USING iceberg PARTITIONED BY (day) AS TABLE made")
    made.writeTo("lake.raw.mart").overwrite(F.col("day") == F.current_date())


def read_database(spark: SparkSession, folder: Path) -> DataFrame:
    """A table by JDBC: a file's, as no server is here."""
    with closing(sqlite3.connect(folder / "source.db")) as source:
        source.execute("CREATE TABLE things (id TEXT, size TEXT)")
        source.executemany("INSERT INTO things VALUES (?, ?)", [("1", "1.5"), ("2", "x")])
        source.commit()
    return spark.read.jdbc(
        f"jdbc:sqlite:{folder / 'source.db'}",
        "(SELECT * FROM things) AS source",
        predicates=["id < '2'", "id >= '2'"],
        properties={"driver": "org.sqlite.JDBC"},
    ).coalesce(1)


def ask_nowhere(spark: SparkSession) -> None:
    """Asks an object store, a catalog and a database that are not there. Fails where one answers."""
    jvm = cast("Any", spark)._jvm  # noqa: SLF001
    hadoop = cast("Any", spark)._jsc.hadoopConfiguration()  # noqa: SLF001
    path = jvm.org.apache.hadoop.fs.Path("s3a://nowhere/page")
    driver = getattr(jvm, "org.postgresql.Driver")()
    for ask in (
        lambda: path.getFileSystem(hadoop).exists(path),
        lambda: path.getFileSystem(hadoop).create(path).close(),
        lambda: spark.table("away.raw.things"),
        lambda: driver.connect("jdbc:postgresql://127.0.0.1:9/nowhere", jvm.java.util.Properties()),
    ):
        try:
            ask()
        except (Py4JJavaError, PySparkException):
            continue
        sys.exit("what is nowhere answered")


def load_elsewhere(jvm: Any) -> None:  # noqa: ANN401
    """Loads what only a cluster would."""
    loader = jvm.java.lang.Thread.currentThread().getContextClassLoader()
    for name in ELSEWHERE:
        jvm.java.lang.Class.forName(name, True, loader)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
