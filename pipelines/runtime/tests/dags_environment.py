"""An Airflow of the tests' own. To be imported before Airflow, which reads its settings when it is imported."""

from __future__ import annotations

import atexit
import json
import os
import shutil
import tempfile
from pathlib import Path

HOME = Path(tempfile.mkdtemp(prefix="wavehouse-airflow-"))
PIPELINES = HOME / "pipelines"
PIPELINES.mkdir()

_BUNDLE = {
    "name": "pipelines",
    "classpath": "wavehouse.dags.bundle.PipelinesBundle",
    "kwargs": {"folder": str(PIPELINES)},
}

for name in [name for name in os.environ if name.startswith("AIRFLOW")]:
    del os.environ[name]
os.environ.update(
    AIRFLOW_HOME=str(HOME),
    AIRFLOW__CORE__LOAD_EXAMPLES="False",
    AIRFLOW__CORE__DAGS_FOLDER=str(HOME / "dags"),
    AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_STORAGE_PATH=str(HOME / "bundles"),
    AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST=json.dumps([_BUNDLE]),
)
atexit.register(shutil.rmtree, HOME, ignore_errors=True)
