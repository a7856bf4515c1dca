import { describe, expect, test } from "vitest";
import { type Applications, broken, checkedObjects, VALID } from "../testing/checked-objects.ts";

/** Line, message and rule. */
function told(applications: Applications): string[] {
  return checkedObjects(applications).map((line) => {
    const [, at, message, rule] =
      /^manifests\/\w+\.yaml:(\d+):\d+: (?:error|warning): ([^;]*).* \[(.*)\]$/.exec(line) ?? [];
    return `${at} ${message} [${rule}]`;
  });
}

/** The Deployment, with one text replaced. */
const api = (from: string, to: string): Applications => broken("3 api", from, to);

const CONTEXT = "securityContext: { runAsNonRoot: true }";

test.each<[string, Applications, string[]]>([
  [
    "cluster-admin",
    api(
      "roleRef: { apiGroup: rbac.authorization.k8s.io, kind: Role, name: api }",
      "roleRef: { apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin }",
    ),
    ["26 RoleBinding web/api makes its subjects cluster-admin [policy/cluster-admin]"],
  ],
  [
    "every verb",
    api("verbs: [get]", 'verbs: ["*"]'),
    ["21 Role web/api allows every verb, `*` [policy/wildcard-verbs]"],
  ],
  [
    "rights of the default service account",
    api("kind: ServiceAccount, name: api,", "kind: ServiceAccount, name: default,"),
    [
      "27 RoleBinding web/api gives rights to the default service account of web [policy/default-service-account]",
    ],
  ],
  [
    "latest",
    api("image: api:1", "image: api:latest"),
    ["44 Deployment web/api runs `api:latest`, whose tag is latest [policy/latest-tag]"],
  ],
  [
    "an image of Bitnami's",
    api("image: api:1", "image: docker.io/bitnamilegacy/redis:7"),
    [
      "44 Deployment web/api runs `docker.io/bitnamilegacy/redis:7`, an image of Bitnami's [policy/bitnami-image]",
    ],
  ],
  [
    "no limit of memory",
    api("limits: { cpu: 1, memory: 1Gi }", "limits: { cpu: 1 }"),
    ["45 Deployment web/api has no requests.memory, limits.memory for the container `api` [policy/limits]"],
  ],
  [
    "no word about root",
    api(CONTEXT, "securityContext: {}"),
    ["46 Deployment web/api may run `api` as root [policy/run-as-non-root]"],
  ],
  [
    "root itself",
    api(CONTEXT, "securityContext: { runAsNonRoot: true, runAsUser: 0 }"),
    ["41 Deployment web/api runs `api` as root [policy/run-as-non-root]"],
  ],
  [
    "privileged",
    api("allowPrivilegeEscalation: false", "privileged: true"),
    ["46 Deployment web/api runs `api` privileged [policy/privileged]"],
  ],
  [
    "less than the restricted level",
    api("capabilities: { drop: [ALL] }", "capabilities: { drop: [ALL], add: [SYS_ADMIN] }"),
    [
      "46 Deployment web/api lacks capabilities.add without more than NET_BIND_SERVICE for the container `api` [policy/pod-security]",
    ],
  ],
  [
    "a folder of the node",
    api("emptyDir: {}", "hostPath: { path: /var }"),
    ["56 Deployment web/api mounts the node's /var [policy/host-path]"],
  ],
  [
    "the node's network",
    api("serviceAccountName: api", "serviceAccountName: api\n      hostNetwork: true"),
    ["41 Deployment web/api sets hostNetwork [policy/host-namespaces]"],
  ],
  [
    "a port of the node",
    api("image: api:1", "image: api:1\n          ports: [{ containerPort: 80, hostPort: 80 }]"),
    ["45 Deployment web/api takes a port of the node [policy/host-namespaces]"],
  ],
])("%s", (_, applications, expected) => {
  expect(told(applications)).toEqual(expected);
});

/** A ConfigMap with one more setting. */
const setting = (text: string): Applications => api("data: { LEVEL: info }", `data:\n  ${text}`);

describe("plain secrets", () => {
  const token = `ghp_${"a1B2c3D4e5F6".repeat(3)}`;
  test.each([
    [
      "a Secret with a value",
      api(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: api-settings, namespace: web }\ndata: { LEVEL: info }",
        "apiVersion: v1\nkind: Secret\nmetadata: { name: api-settings, namespace: web }\nstringData: { LEVEL: info }",
      ),
      "holds the value of `LEVEL` in Git",
    ],
    ["a token under any name", setting(`x: ${token}`), "holds a GitHub token in Git"],
    [
      "a key in a file",
      setting("x: |\n    -----BEGIN RSA PRIVATE KEY-----\n    abc"),
      "holds a private key in Git",
    ],
    [
      "a password in a URL",
      setting("url: postgresql://api:hunter2@db:5432/api"),
      "holds a URL with a password in Git",
    ],
    [
      "a setting that is called a password",
      setting("DB_PASSWORD: hunter2"),
      "holds a literal value for `DB_PASSWORD` in Git",
    ],
    [
      "a line of a file",
      setting("app.ini: |\n    [db]\n    password = hunter2"),
      "holds a literal value for `password` in Git",
    ],
    [
      "a variable of a container",
      api(
        "value: postgresql://postgres.web.svc.cluster.local:5432/api\n",
        "value: x\n            - name: API_TOKEN\n              value: hunter2\n",
      ),
      "holds a literal value for `API_TOKEN` in Git",
    ],
    [
      "an argument",
      api("image: api:1", "image: api:1\n          args: [--admin-password=hunter2]"),
      "holds a literal value for `admin-password` in Git",
    ],
    [
      "what looks random",
      setting("salt: kX9fQ2mB7vLr4ZtW8yNc3JdH6sGp5TaE"),
      "holds what looks like a key in Git",
    ],
  ])("%s", (_, applications, message) => {
    const found = told(applications).filter((line) => line.includes("[policy/plain-secret]"));
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(message);
    expect(found[0]).not.toContain("hunter2");
    expect(found[0]).not.toContain(token);
  });

  // The placeholders are texts that are checked, none of JavaScript's.
  const placeholder = "${".concat("PASSWORD}");
  test.each([
    ["the file that holds it", "DB_PASSWORD_FILE: /run/secrets/db"],
    ["a path", "password: /run/secrets/db"],
    ["the name of an object", "SECRET: airflow-database"],
    ["a placeholder", `password: ${placeholder}`],
    ["a URL whose password is a placeholder", `url: postgresql://api:${placeholder}@db:5432/api`],
    ["a digest", `image: web@sha256:${"0123456789abcdef".repeat(4)}`],
    ["a class", "class: org.apache.spark.sql.delta.catalog.DeltaCatalog"],
    ["a long path", "jar: local:///opt/spark/jars/iceberg-spark-runtime-4.1_2.13-1.12.0.jar"],
    ["a version and words", "text: Spark 4.1.3 with Delta 4.4.0, see the README for the whole list"],
    ["a command that prints it", "FERNET_KEY_CMD: cat /run/secrets/fernet"],
  ])("nothing is told of %s", (_, text) => {
    expect(told(setting(text))).toEqual([]);
  });
});

describe("exceptions", () => {
  const privileged = String(api("emptyDir: {}", "hostPath: { path: /var }")["3 api"]);
  const excepted = (annotation: string, text: string = privileged): Applications => {
    return { ...VALID, "3 api": text.replace("annotations: {}", `annotations:\n    ${annotation}`) };
  };
  const EXCEPT = "validate.wavehouse.dev/except.policy.host-path";

  test("an object is excepted from one rule, with a reason", () => {
    expect(told(excepted(`${EXCEPT}: the log shipper reads the node's logs`))).toEqual([]);
  });

  test.each([
    [
      "without a reason",
      `${EXCEPT}: ""`,
      "35 Deployment web/api: the exception from policy/host-path has no reason [exception/no-reason]",
    ],
    [
      "from a rule that there is none of",
      `${EXCEPT}s: why`,
      "35 Deployment web/api: there is no rule `policy/host-paths` [exception/unknown-rule]",
    ],
    [
      "from a rule that holds for all",
      "validate.wavehouse.dev/except.manifest.schema: why",
      "35 Deployment web/api: nothing is excepted from manifest/schema [exception/unknown-rule]",
    ],
  ])("one %s excepts nothing", (_, annotation, message) => {
    expect(told(excepted(annotation))).toEqual([
      "57 Deployment web/api mounts the node's /var [policy/host-path]",
      message,
    ]);
  });

  test("one that is not needed any more is told", () => {
    const [found] = checkedObjects(excepted(`${EXCEPT}: once`, VALID["3 api"]));
    expect(found).toMatch(
      /^manifests\/api\.yaml:35:\d+: warning: .*without the exception.*\[exception\/unused\]$/,
    );
  });
});

describe("Spark's pods", () => {
  const spark = (driver: string): Applications => ({
    ...VALID,
    "1 spark": `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: sparkapplications.sparkoperator.k8s.io }
spec: { group: sparkoperator.k8s.io, names: { kind: SparkApplication }, scope: Namespaced }
`,
    "4 job": `apiVersion: sparkoperator.k8s.io/v1beta2
kind: SparkApplication
metadata: { name: job, namespace: web }
spec:
  image: job:1
  driver: ${driver}
`,
  });
  const security =
    "allowPrivilegeEscalation: false, capabilities: { drop: [ALL] }, seccompProfile: { type: RuntimeDefault }";
  const flat = `{ cores: 1, coreLimit: "1", memory: 1g, serviceAccount: api, podSecurityContext: { runAsNonRoot: true }, securityContext: { ${security} } }`;
  const template = `{ cores: 1, coreLimit: "1", memory: 1g, serviceAccount: api, template: { spec: { securityContext: { runAsNonRoot: true }, containers: [{ name: spark-kubernetes-driver, securityContext: { ${security} }, envFrom: [{ secretRef: { name: api-database } }] }] } } }`;

  test.each([
    ["the role's own fields", flat],
    ["a template of the pod", template],
  ])("are as safe by %s", (_, driver) => {
    expect(told(spark(driver))).toEqual([]);
  });

  test.each([
    [
      template.replace("runAsNonRoot: true", ""),
      "6 SparkApplication web/job may run `driver` as root [policy/run-as-non-root]",
    ],
    [
      flat.replace('coreLimit: "1", ', ""),
      "6 SparkApplication web/job has no limits.cpu for the container `driver` [policy/limits]",
    ],
    [
      template.replace("name: api-database", "name: lakehouse"),
      "6 SparkApplication web/job names the Secret web/lakehouse, which nothing in overlays/local makes [reference/missing]",
    ],
    [
      flat.replace("serviceAccount: api", "serviceAccount: spark"),
      "6 SparkApplication web/job names the ServiceAccount web/spark, which nothing in overlays/local makes [reference/missing]",
    ],
    [
      flat.replace("cores: 1", "envSecretKeyRefs: { KEY: { name: api-database, key: k } }, cores: 1"),
      "6 SparkApplication web/job asks the Secret web/api-database for the key `k`, which it does not have [reference/no-key]",
    ],
  ])("%#", (driver, expected) => {
    expect(told(spark(driver))).toEqual([expected]);
  });
});
