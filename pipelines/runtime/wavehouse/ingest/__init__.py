"""What brings a source's records to bronze. It runs in Airflow's own tasks; the Spark images do not carry it."""
