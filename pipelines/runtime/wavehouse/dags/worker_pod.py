"""What the pod of a task is given beyond what every worker's has."""

from __future__ import annotations

from typing import Any

from wavehouse.dags.spark_step import in_cluster

#: The service account of tasks that read sources and write to the lake. It has no rights in the cluster, and a cloud
#: binds its own to it.
LAKE_ACCOUNT = "bronze"

#: The Secret with the lake's key, as the environment variables that every S3 client reads.
LAKE_SECRET = "lakehouse"  # noqa: S105  (its name)


def lake_access() -> dict[str, Any] | None:
    """The `executor_config` of a task that touches the lake itself; None where there are no pods.

    Tasks without it have neither the key nor that service account.
    """
    if not in_cluster():
        return None
    # First, because it says what to install where the provider is missing.
    import wavehouse.dags.cluster  # noqa: F401, I001, PLC0415
    from kubernetes.client import models  # noqa: PLC0415

    key = models.V1EnvFromSource(secret_ref=models.V1SecretEnvSource(name=LAKE_SECRET))
    # Airflow calls a task's container so.
    container = models.V1Container(name="base", env_from=[key])
    spec = models.V1PodSpec(
        service_account_name=LAKE_ACCOUNT,
        # The template's own setting is for the service account that it names.
        automount_service_account_token=False,
        containers=[container],
    )
    return {"pod_override": models.V1Pod(spec=spec)}
