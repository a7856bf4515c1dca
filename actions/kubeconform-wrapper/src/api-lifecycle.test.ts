import { expect, test } from "vitest";
import { apiLifecycle, deprecation, removal } from "./api-lifecycle.ts";

test.each([
  [
    "v1",
    "Endpoints",
    "1.36.3",
    "v1 Endpoints is deprecated since Kubernetes 1.33; use discovery.k8s.io/v1 EndpointSlice",
  ],
  ["v1", "Endpoints", "1.32.9", undefined],
  [
    "coordination.k8s.io/v1beta1",
    "LeaseCandidate",
    "1.36.0",
    "coordination.k8s.io/v1beta1 LeaseCandidate is deprecated since Kubernetes 1.36 and not served from 1.39 on; nothing replaces it",
  ],
  ["batch/v1beta1", "CronJob", "1.9.0", undefined],
  ["apps/v1", "Deployment", "1.36.3", undefined],
])("%s %s on %s", (apiVersion, kind, version, told) => {
  expect(deprecation(apiVersion, kind, version)).toBe(told);
});

test.each([
  ["batch/v1beta1", "CronJob", "batch/v1beta1 CronJob is not served since Kubernetes 1.25; use batch/v1"],
  [
    "policy/v1beta1",
    "PodSecurityPolicy",
    "policy/v1beta1 PodSecurityPolicy is not served since Kubernetes 1.25; nothing replaces it",
  ],
  // By steps: v1beta1 was replaced by v1beta3, which is gone too.
  [
    "flowcontrol.apiserver.k8s.io/v1beta1",
    "FlowSchema",
    "flowcontrol.apiserver.k8s.io/v1beta1 FlowSchema is not served since Kubernetes 1.26; use flowcontrol.apiserver.k8s.io/v1",
  ],
  ["v1", "Endpoints", undefined],
  ["apps/v1", "Deployment", undefined],
])("%s %s, gone or not", (apiVersion, kind, told) => {
  expect(removal(apiVersion, kind)).toBe(told);
});

test("every replacement is one that is not replaced itself", () => {
  expect(apiLifecycle("extensions/v1beta1", "Ingress")?.replacement).toBe("networking.k8s.io/v1");
  expect(apiLifecycle("networking.k8s.io/v1", "Ingress")).toBeUndefined();
});
