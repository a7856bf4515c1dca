import { expect, test } from "vitest";
import { broken, checkedObjects } from "../testing/checked-objects.ts";

test.each([
  [
    "a Service that selects no pod",
    "selector: { app: postgres }",
    "selector: { app: postgresql }",
    "manifests/database.yaml:5:13: error: Service web/postgres selects app=postgresql, which no pod of the namespace web has; expected labels of a workload's pod template; correct the selector, or the pods' labels [selector/no-pods]",
  ],
  [
    "a port that no container names",
    "targetPort: sql",
    "targetPort: postgres",
    "manifests/database.yaml:6:48: error: Service web/postgres sends to the port `postgres`, and no container of its pods names one so; expected the name of a containerPort, or its number; correct targetPort, or name the container's port [selector/port]",
  ],
  [
    "a workload that does not select its own pods",
    "matchLabels: { app: postgres }",
    "matchLabels: { app: database }",
    "manifests/database.yaml:13:35: error: StatefulSet web/postgres selects app=database, and its pods have app=postgres; expected a label that the template has; give the selector and the template's metadata.labels the same labels [selector/template]",
  ],
  [
    "a budget that selects no pod",
    "apiVersion: v1\n",
    "apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: { name: postgres, namespace: web }\nspec: { selector: { matchLabels: { app: pg } } }\n---\napiVersion: v1\n",
    "manifests/database.yaml:4:34: error: PodDisruptionBudget web/postgres selects app=pg, which no pod of the namespace web has; expected labels of a workload's pod template; correct the selector, or the pods' labels [selector/no-pods]",
  ],
  [
    "one name for two objects, in two versions",
    "apiVersion: v1\n",
    "apiVersion: apps/v2\nkind: StatefulSet\nmetadata: { name: postgres, namespace: web }\n---\napiVersion: v1\n",
    "manifests/database.yaml:14:19: error: StatefulSet web/postgres is rendered twice, as apps/v2; expected each name once in its namespace; rename or delete one of the two [object/twice]",
  ],
])("%s", (_, from, to, expected) => {
  expect(checkedObjects(broken("2 database", from, to))).toContain(expected);
});

test.each([
  [
    "a Service without a selector, whose endpoints somebody else keeps",
    "selector: { app: postgres }\n  ports",
    "ports",
  ],
  ["a port by its number", "targetPort: sql", "targetPort: 5432"],
])("nothing is told of %s", (_, from, to) => {
  expect(checkedObjects(broken("2 database", from, to))).toEqual([]);
});
