"""What SQL alone would make unreadable: telephone numbers in one form."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F  # noqa: N812

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


def standardise_phones(rows: DataFrame) -> DataFrame:
    """Rows with `phone` as `+` and digits: `(+34) 600-123-456` and `0034 600 123 456` are `+34600123456`.

    A number without its country's code keeps its digits, as nobody knows the country that it was meant in.
    """
    plain = F.regexp_replace("phone", r"[^0-9+]", "")
    international = F.regexp_replace(plain, r"^00", "+")
    return rows.withColumn("phone", F.when(F.length(international) > 0, international))
