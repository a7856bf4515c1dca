"""Airflow's side of a pipeline: its DAGs, and what starts a Spark job and waits for it."""
