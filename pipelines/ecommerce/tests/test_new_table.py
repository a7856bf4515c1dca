"""A table is added with `npm run new -- table`: one block in one file, and ingest, silver and quality follow."""

from __future__ import annotations

import subprocess
from pathlib import Path
from shutil import copytree, ignore_patterns
from typing import TYPE_CHECKING, Any

from ruamel.yaml import YAML
from runs import FIRST, PIPELINE

from wavehouse.spec import load_pipeline
from wavehouse.testing import Lake

if TYPE_CHECKING:
    from pyspark.sql import SparkSession
    from shop import Shop

_ROOT = Path(__file__).parents[3]
_NEW = """
const { newTable } = await import(process.argv[1] + "/scripts/new/table.ts");
const { gitWorkspace } = await import(process.argv[1] + "/actions/lib/adapters/git-workspace.ts");
const columns = ["review_id:bigint", "stars:int", "written_at:timestamp"];
const table = { pipeline: "ecommerce", name: "reviews", source: undefined, columns, cursor: "written_at" };
await newTable(gitWorkspace(process.argv[2]), table, () => {});
"""
_REVIEWS = """
CREATE TABLE shop.reviews (review_id bigint PRIMARY KEY, stars text, written_at timestamptz);
GRANT SELECT ON shop.reviews TO PUBLIC;
INSERT INTO shop.reviews VALUES (1, '5', '2024-03-01 10:00+00'), (2, 'many', '2024-03-02 10:00+00'), (3, '1', NULL);
"""


def test_reviews_follow_from_one_block(spark: SparkSession, shop: Shop, tmp_path: Path) -> None:
    folder = tmp_path / "pipelines" / "ecommerce"
    copytree(PIPELINE.parent, folder, ignore=ignore_patterns("tests", "__pycache__"))
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    subprocess.run(["git", "-C", str(tmp_path), "add", "."], check=True)
    done = subprocess.run(
        ["node", "--input-type=module", "--eval", _NEW, str(_ROOT), str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    changed = subprocess.run(
        ["git", "-C", str(tmp_path), "diff", "--name-only"], capture_output=True, text=True, check=True
    )
    assert changed.stdout.split() == ["pipelines/ecommerce/pipeline.yaml"]
    shop.change(_REVIEWS)
    try:
        lake = Lake.make(spark, tmp_path / "lake", only_reviews(folder / "pipeline.yaml"))
        day = FIRST.isoformat()
        brought = lake.raw(day).tables
        lake.silver(day)
        counted = lake.quality(day)
    finally:
        shop.change("DROP TABLE shop.reviews")
    assert [(table["name"], table["rows_out"]) for table in brought] == [("reviews", 3)]
    found = [(row["review_id"], row["stars"], row["written_at"]) for row in lake.published("reviews")]
    assert found == [(1, 5, "2024-03-01 10:00:00.000000"), (3, 1, None)]
    refused = lake.spark.table("iceberg.quarantine.reviews").collect()
    assert [(row.review_id, row._reason) for row in refused] == [(2, "stars: 'many' is not a int")]
    assert {"review_id is not null", "type:stars"} <= {rule["rule"] for rule in counted.rules}


def only_reviews(file: Path) -> Path:
    """The written file without the other tables, which other tests load."""
    yaml = YAML()
    whole: Any = yaml.load(file)
    whole["spec"]["tables"] = [table for table in whole["spec"]["tables"] if table["name"] == "reviews"]
    del whole["spec"]["marts"]
    yaml.dump(whole, file)
    assert [table.name for table in load_pipeline(file).tables] == ["reviews"]
    return file
