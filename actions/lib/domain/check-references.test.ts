import { expect, test } from "vitest";
import {
  type Applications,
  broken,
  checkedObjects,
  readApplications,
  VALID,
} from "../testing/checked-objects.ts";
import { type CheckObjectsInput, checkObjects } from "./check-objects.ts";

/** Place, message and rule, without what was expected and what to do. */
function told(applications: Applications): string[] {
  return checkedObjects(applications).map((line) => line.replace(/; .*(?= \[)/, ""));
}

test("where everything is there and in time, nothing is told", () => {
  expect(checkedObjects(VALID)).toEqual([]);
});

test.each<[string, Applications, string[]]>([
  [
    "a Secret that nothing makes",
    broken("3 api", "secretKeyRef: { name: api-database", "secretKeyRef: { name: api-databse"),
    [
      "manifests/api.yaml:51:50: error: Deployment web/api names the Secret web/api-databse, which nothing in overlays/local makes [reference/missing]",
    ],
  ],
  [
    "a key that the ExternalSecret does not bring",
    broken("3 api", "key: password }", "key: pasword }"),
    [
      "manifests/api.yaml:51:69: error: Deployment web/api asks the Secret web/api-database for the key `pasword`, which it does not have [reference/no-key]",
    ],
  ],
  [
    "a ConfigMap",
    broken("3 api", "configMapRef: { name: api-settings }", "configMapRef: { name: settings }"),
    [
      "manifests/api.yaml:53:37: error: Deployment web/api names the ConfigMap web/settings, which nothing in overlays/local makes [reference/missing]",
    ],
  ],
  [
    "a service account",
    broken("3 api", "serviceAccountName: api", "serviceAccountName: web-api"),
    [
      "manifests/api.yaml:40:27: error: Deployment web/api names the ServiceAccount web/web-api, which nothing in overlays/local makes [reference/missing]",
    ],
  ],
  [
    "a claim",
    broken("3 api", "emptyDir: {}", "persistentVolumeClaim: { claimName: data }"),
    [
      "manifests/api.yaml:56:47: error: Deployment web/api names the PersistentVolumeClaim web/data, which nothing in overlays/local makes [reference/missing]",
    ],
  ],
  [
    "a Service in a URL",
    broken("3 api", "postgres.web.svc", "postgres.database.svc"),
    [
      "manifests/api.yaml:49:22: error: Deployment web/api names the Service database/postgres, which nothing in overlays/local makes [reference/missing]",
    ],
  ],
  [
    "a port of a Service in a URL",
    broken("3 api", ":5432/api", ":5433/api"),
    [
      "manifests/api.yaml:49:22: error: Deployment web/api calls the Service web/postgres on port 5433, on which it does not listen [reference/no-port]",
    ],
  ],
  [
    "a role",
    broken("3 api", "kind: Role, name: api", "kind: ClusterRole, name: api"),
    [
      "manifests/api.yaml:26:74: error: RoleBinding web/api names the ClusterRole api, which nothing in overlays/local makes [reference/missing]",
    ],
  ],
  [
    "a subject",
    broken("3 api", "kind: ServiceAccount, name: api", "kind: ServiceAccount, name: apo"),
    [
      "manifests/api.yaml:27:42: error: RoleBinding web/api names the ServiceAccount web/apo, which nothing in overlays/local makes [reference/missing]",
    ],
  ],
  [
    "a secret store",
    broken("3 api", "name: source-secrets", "name: sources"),
    [
      "manifests/api.yaml:9:53: error: ExternalSecret web/api names the ClusterSecretStore sources, which nothing in overlays/local makes [reference/missing]",
    ],
  ],
  [
    "the Service of a stateful set",
    broken("2 database", "serviceName: postgres", "serviceName: postgresql"),
    [
      "manifests/database.yaml:12:16: error: StatefulSet web/postgres names the Service web/postgresql, which nothing in overlays/local makes [reference/missing]",
    ],
  ],
  [
    "a namespace, told once for all that are in it",
    broken("0 namespaces", "name: web", "name: webb"),
    [
      "manifests/database.yaml:3:40: error: Service web/postgres is in the namespace `web`, which nothing makes [namespace/missing]",
    ],
  ],
  [
    "a CRD, told once for all objects of its kind",
    broken("1 secrets", "kind: ExternalSecret }", "kind: ExternalSecrets }"),
    [
      "manifests/api.yaml:6:7: error: ExternalSecret web/api is of a kind of external-secrets.io whose CRD nothing in the environment brings [reference/no-crd]",
    ],
  ],
  [
    "what makes the Secret comes in a later wave of the same Application",
    broken(
      "3 api",
      "kind: ExternalSecret\nmetadata: { name: api, namespace: web }",
      'kind: ExternalSecret\nmetadata: { name: api, namespace: web, annotations: { argocd.argoproj.io/sync-wave: "1" } }',
    ),
    [
      "manifests/api.yaml:51:50: error: Deployment web/api, in wave 0 of api, needs the Secret web/api-database, which comes in wave 1 of api [reference/later-wave]",
    ],
  ],
  [
    "a hook before the sync needs what the sync brings",
    broken("3 api", "annotations: {}", "annotations: { argocd.argoproj.io/hook: PreSync }"),
    [
      "manifests/api.yaml:40:27: error: Deployment web/api, in wave 0 before the sync of api, needs the ServiceAccount web/api, which comes in wave 0 of api [reference/later-wave]",
      "manifests/api.yaml:51:50: error: Deployment web/api, in wave 0 before the sync of api, needs the Secret web/api-database, which comes in wave 0 of api [reference/later-wave]",
      "manifests/api.yaml:53:37: error: Deployment web/api, in wave 0 before the sync of api, needs the ConfigMap web/api-settings, which comes in wave 0 of api [reference/later-wave]",
    ],
  ],
])("%s", (_, applications, expected) => {
  expect(told(applications)).toEqual(expected);
});

test("a Service of a later wave is too late for what runs, and may be spoken of by what does not", () => {
  const { "2 database": database, ...rest } = VALID;
  expect(told({ ...rest, "4 database": database })).toEqual([
    "manifests/api.yaml:49:22: error: Deployment web/api, in wave 3 (api), needs the Service web/postgres, which comes in wave 4 (database) [reference/later-wave]",
  ]);
  const speaks = {
    "0 namespaces": `${VALID["0 namespaces"]}---\napiVersion: v1\nkind: ConfigMap\nmetadata: { name: a, namespace: web }\ndata: { url: "http://postgres.web.svc:5432" }\n`,
  };
  expect(told({ ...VALID, ...speaks })).toEqual([]);
});

test("the namespace in which a Secret of that name is, is told", () => {
  const applications = broken(
    "3 api",
    "value: postgresql://postgres.web.svc",
    "value: postgresql://postgres.wbe.svc",
  );
  expect(checkedObjects(applications)[0]).toContain("there is one in the namespace web");
});

test.each([
  [
    "an optional reference",
    "secretKeyRef: { name: api-database, key: password }",
    "secretKeyRef: { name: any, key: any, optional: true }",
  ],
  ["what every cluster has", "name: api-settings }", "name: kube-root-ca.crt }"],
  [
    "a Secret that a program is said to make",
    "secretKeyRef: { name: api-database, key: password }",
    "secretKeyRef: { name: made, key: any }",
  ],
  [
    "an address with a placeholder",
    "postgres.web.svc.cluster.local:5432",
    "postgres.$(NAMESPACE).svc.cluster.local:5432",
  ],
  ["a pod of a Service", "//postgres.web.svc", "//postgres-0.postgres.web.svc"],
])("nothing is told of %s", (_, from, to) => {
  const applications = broken("3 api", from, to);
  const makes = String(applications["3 api"]).replace(
    "annotations: {}",
    "annotations: { validate.wavehouse.dev/makes: Secret/made }",
  );
  expect(checkedObjects({ ...applications, "3 api": makes })).toEqual([]);
});

test("the time grows with the objects, not with their square", { timeout: 120_000 }, () => {
  const read = (count: number): CheckObjectsInput => {
    const pipelines = Array.from({ length: count }, (_, n): [string, string] => {
      return [`3 p${n}`, VALID["3 api"].replaceAll(/(?<=[ /])api(?=[,:/\n -]|-)/g, `p${n}`)];
    });
    return readApplications({ ...VALID, ...Object.fromEntries(pipelines) });
  };
  /** The shortest of a few: other work on the machine only ever adds. */
  const time = (input: CheckObjectsInput): number => {
    const times = Array.from({ length: 4 }, () => {
      const start = performance.now();
      expect(checkObjects(input)).toEqual([]);
      return performance.now() - start;
    });
    return Math.min(...times);
  };
  const [small, large] = [read(50), read(400)].map(time);
  // Eight times the objects: linear work takes eight times as long, quadratic work sixty-four.
  expect(large).toBeLessThan((small ?? 0) * 24);
});
