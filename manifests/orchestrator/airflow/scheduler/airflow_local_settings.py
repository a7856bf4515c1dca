"""Gives every worker pod what the PodTemplate `airflow-worker` says at that moment.

A file would have to be mounted, and a mounted file follows its ConfigMap a minute late: long enough for a task to start
on code that no longer has it.
"""

from __future__ import annotations

from airflow.configuration import conf
from airflow.providers.cncf.kubernetes.kube_client import get_kube_client
from airflow.providers.cncf.kubernetes.pod_generator import PodGenerator
from kubernetes.client import V1Pod

TEMPLATE = "airflow-worker"


def pod_mutation_hook(pod: V1Pod) -> None:
    """Puts the template beneath `pod`, whose own values win. Airflow calls it for each pod before it is made."""
    namespace = conf.get("kubernetes_executor", "namespace")
    found = get_kube_client().read_namespaced_pod_template(TEMPLATE, namespace).template
    base = V1Pod(api_version="v1", kind="Pod", metadata=found.metadata, spec=found.spec)
    merged = PodGenerator.reconcile_pods(base, pod)
    pod.metadata, pod.spec = merged.metadata, merged.spec
