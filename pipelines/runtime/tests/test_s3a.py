"""Spark on a real S3 server, through Hadoop's connector and the few modules of the AWS SDK that jars.lock has of it."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from delta.tables import DeltaTable
from pyspark.sql import SparkSession
from s3_server import BUCKET, S3Server, find_versitygw, free_port


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    folder = tmp_path_factory.mktemp("s3a")
    found = S3Server(find_versitygw(folder), folder / "data", free_port())
    found.start()
    yield found
    found.stop()


@pytest.fixture(scope="module")
def lake(server: S3Server, spark: SparkSession) -> Iterator[SparkSession]:
    """The session, with the bucket behind s3a://."""
    given = server.environment
    settings = {
        "fs.s3a.endpoint": given["AWS_ENDPOINT_URL_S3"],
        "fs.s3a.endpoint.region": given["AWS_DEFAULT_REGION"],
        "fs.s3a.path.style.access": "true",
        "fs.s3a.access.key": given["AWS_ACCESS_KEY_ID"],
        "fs.s3a.secret.key": given["AWS_SECRET_ACCESS_KEY"],
        # Small enough that a test's file is sent in parts.
        "fs.s3a.multipart.size": "5M",
    }
    configuration = _configuration(spark)
    for name, value in settings.items():
        configuration.set(name, value)
    yield spark
    for name in settings:
        configuration.unset(name)


def test_a_delta_table_is_written_merged_and_read(lake: SparkSession) -> None:
    table = f"s3a://{BUCKET}/silver/numbers"
    for first in (0, 10):
        batch = lake.range(first, first + 10).selectExpr("id", "id % 3 as part")
        batch.write.format("delta").mode("append").partitionBy("part").save(table)
    updates = lake.range(15, 25).selectExpr("id", "9 as part")
    merge = DeltaTable.forPath(lake, table).alias("old").merge(updates.alias("new"), "old.id = new.id")
    merge.whenMatchedUpdateAll().whenNotMatchedInsertAll().execute()
    assert lake.read.format("delta").load(table).count() == 25
    assert lake.read.format("delta").load(table).where("part = 9").count() == 10
    assert DeltaTable.forPath(lake, table).history().count() == 3


def test_a_file_in_many_parts_is_sent_and_renamed(lake: SparkSession, tmp_path: Path) -> None:
    """What goes through the transfer manager, and through a copy on the server."""
    big = tmp_path / "big"
    big.write_bytes(secrets.token_bytes(12 << 20))
    path = lake._jvm.org.apache.hadoop.fs.Path  # type: ignore[union-attr]
    sent, moved = path(f"s3a://{BUCKET}/sent"), path(f"s3a://{BUCKET}/moved")
    store = sent.getFileSystem(_configuration(lake))
    store.copyFromLocalFile(path(big.as_uri()), sent)
    assert store.rename(sent, moved)
    assert not store.exists(sent)
    back = tmp_path / "back"
    store.copyToLocalFile(moved, path(back.as_uri()))
    assert back.read_bytes() == big.read_bytes()


def _configuration(spark: SparkSession) -> Any:
    return spark.sparkContext._jsc.hadoopConfiguration()
