"""The Spark jobs that every pipeline runs: silver, quality, gold."""
