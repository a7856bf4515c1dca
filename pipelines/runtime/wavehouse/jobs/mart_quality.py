"""The rules of a mart, over rows that nobody reads yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.errors import PySparkException
from pyspark.sql import functions as F  # noqa: N812

from wavehouse.jobs.command import Counted, RuleBrokenError
from wavehouse.jobs.rules import find_failing, is_false, require_sound

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from wavehouse.jobs.command import Run
    from wavehouse.report import RuleMetrics
    from wavehouse.spec import Mart

_GRAIN = "grain"


def check_mart(run: Run, mart: Mart, rows: DataFrame) -> list[RuleMetrics]:
    """Counts how many rows break each rule, and how many share their grain with another.

    Throws UserError for a rule that cannot be evaluated, and RuleBrokenError where one of severity `fail` is broken.
    """
    if not mart.quality:
        return []
    require_sound(rows, mart, run.pipeline)
    counts = [
        F.count_if(is_false(rule.condition)).alias(f"broken_{n}") for n, rule in enumerate(mart.quality)
    ]
    grain = [F.col(f"`{name}`") for name in mart.grain]
    alike = F.count(F.lit(1)) - F.count_distinct(F.struct(*grain)) if grain else F.lit(0)
    try:
        found = rows.agg(*counts, alike.alias("alike"), F.count(F.lit(1)).alias("rows")).collect()[0]
    except PySparkException as error:
        raise find_failing(rows, mart, run.pipeline) or error from error
    metrics: list[RuleMetrics] = [
        {"table": mart.name, "rule": rule.name, "severity": rule.severity, "violations": found[f"broken_{n}"]}
        for n, rule in enumerate(mart.quality)
    ]
    broken = [
        f"{run.pipeline.at(rule.line)}: rule `{rule.name}` (severity fail) of mart {mart.name} is broken by "
        f"{found[f'broken_{n}']} of {found['rows']} rows, and the mart stays as it was: mend its SQL, or the rule"
        for n, rule in enumerate(mart.quality)
        if rule.severity == "fail" and found[f"broken_{n}"]
    ]
    if found["alike"]:
        metrics.append({"table": mart.name, "rule": _GRAIN, "severity": "fail", "violations": found["alike"]})
        broken.append(
            f"{run.pipeline.at(mart.line)}: mart {mart.name}: {found['alike']} rows share their grain "
            f"({', '.join(mart.grain)}) with another, and the mart stays as it was: mend its SQL or its grain"
        )
    if broken:
        raise RuleBrokenError("\n".join(broken), Counted([{"name": mart.name}], metrics))
    return metrics
