"""What SQL does not reach for customers."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as f


def standardise_phones(rows: DataFrame) -> DataFrame:
    """Keeps the digits of a phone number, with a leading plus where there is one."""
    return rows.withColumn("phone", f.regexp_replace("phone", r"(?!^\+)[^0-9]", ""))
