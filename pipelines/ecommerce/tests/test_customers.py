"""The hook, alone."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

CASES = {
    "+34600123456": "+34600123456",
    "0034 600 123 456": "+34600123456",
    "(+34) 600-123-456": "+34600123456",
    "+34 600 123 456": "+34600123456",
    "600 123 456": "600123456",
    "٠٦٠": None,
    "none": None,
    "": None,
    None: None,
}


def test_a_number_is_plus_and_digits_however_it_was_written(spark: SparkSession) -> None:
    file = Path(__file__).parents[1] / "silver" / "customers.py"
    specification = importlib.util.spec_from_file_location("ecommerce_customers", file)
    assert specification
    assert specification.loader
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    rows = spark.createDataFrame([(given, 1) for given in CASES], "phone string, other int")
    found = module.standardise_phones(rows)
    assert found.columns == ["phone", "other"]
    assert [row.phone for row in found.collect()] == list(CASES.values())
