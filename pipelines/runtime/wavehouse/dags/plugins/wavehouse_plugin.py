"""What Airflow loads from `AIRFLOW__CORE__PLUGINS_FOLDER`."""

from __future__ import annotations

from airflow.plugins_manager import AirflowPlugin

from wavehouse.dags import pools


class WavehousePlugin(AirflowPlugin):
    """Makes the pools of the pipelines' databases."""

    name = "wavehouse"
    listeners = [pools]  # noqa: RUF012  (as the base has it)
