"""Wavehouse's runtime: reads `pipeline.yaml`, builds its DAGs and runs its Spark jobs."""
