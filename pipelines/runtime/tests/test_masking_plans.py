"""A key is in no plan: logs and Spark's pages show plans."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F  # noqa: N812

from wavehouse.jobs.masking import _pads

if TYPE_CHECKING:
    import pytest
    from pyspark.sql import SparkSession


def test_what_a_key_comes_to_is_in_no_plan(spark: SparkSession, monkeypatch: pytest.MonkeyPatch) -> None:
    # With either pad's mark it stays printable.
    monkeypatch.setenv("WAVEHOUSE_SECRET_PII_KEY", "p" * 64)
    rows = spark.range(3)
    pads = _pads(rows, "pii_key", 0)
    (row,) = pads.collect()
    joined = rows.crossJoin(F.broadcast(pads))
    seen = joined.select(F.sha2(F.concat(*map(F.col, pads.columns)), 256).alias("hash"))
    assert seen.distinct().count() == 1

    execution = seen._jdf.queryExecution()
    plans = execution.toString() + execution.optimizedPlan().toString()

    assert "LocalRelation" in plans
    for pad in row:
        assert pad.decode()[:8] not in plans
        assert pad.hex()[:16] not in plans.lower()
