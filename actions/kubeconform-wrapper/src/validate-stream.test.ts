import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { schemaPath } from "./json-schema.ts";
import { prepareCrdSchemas } from "./prepare-schemas.ts";
import { configMap, realTools, temporaryFolder } from "./testing.ts";
import { type ObjectResult, type ValidateOptions, validateStream } from "./validate-stream.ts";

let real: ValidateOptions;
beforeAll(async () => {
  real = await realTools();
}, 300_000);

/** The problems as `line:column pointer message`. */
function told(results: readonly ObjectResult[]): string[] {
  return results.flatMap((result) =>
    result.valid
      ? []
      : result.problems.map(({ line, column, path, message }) => `${line}:${column} ${path} ${message}`),
  );
}

const deployment = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  creationTimestamp: null
  labels:
    app.kubernetes.io/name: web
spec:
  replicas: 1
  selector:
    matchLabels: { app: web }
  template:
    metadata:
      labels: { app: web }
    spec:
      containers:
        - name: web
          image: registry.example/web:1
          ports:
            - containerPort: 80
          resources:
            limits: { cpu: 1, memory: 1Gi }
      terminationGracePeriodSeconds: null
`;

const application = `apiVersion: argoproj.io/v1alpha1
kind: Application
metadata:
  name: root
  namespace: cicd
spec:
  project: default
  destination: { server: https://kubernetes.default.svc }
  source:
    repoURL: https://git.example/repo
    path: apps
    helm:
      valuesObject: { anything: { goes: [1, two] } }
  syncPolicy:
    automated: { prune: true }
`;

const sparkTemplate = `apiVersion: sparkoperator.k8s.io/v1beta2
kind: ScheduledSparkApplication
metadata:
  name: breweries-silver
spec:
  schedule: "@daily"
  suspend: true
  template:
    type: Python
    mode: cluster
    sparkVersion: 4.1.3
    image: breweries-silver
    mainApplicationFile: local:///opt/job.py
    driver: { cores: 1, memory: 1g }
    executor: { cores: 1, instances: 1, memory: 1g }
`;

describe("a stream of good objects", () => {
  test.each([
    ["nothing", "", 0],
    ["comments and separators only", "# a\n---\n---\n\n# b\n---\n", 0],
    ["one object", configMap("a"), 1],
    ["one object without a line end", configMap("a").trimEnd(), 1],
    [
      "Windows line ends and a byte-order mark",
      `\uFEFF${configMap("a")}---\n${configMap("b")}`.replaceAll("\n", "\r\n"),
      2,
    ],
    [
      "a core kind, an Argo CD one and a Spark one",
      [deployment, application, sparkTemplate].join("---\n"),
      3,
    ],
    ["a comment on the separator", `--- # first\n${configMap("a")}`, 1],
    [
      "a list, which counts by its items",
      `apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Namespace, metadata: {name: a}}\n- {apiVersion: v1, kind: Namespace, metadata: {name: b}}\n`,
      2,
    ],
    ["three dashes inside a block of text", configMap("a", "data:\n  x: |\n    ---\n    b: c\n"), 1],
    ["JSON", JSON.stringify({ apiVersion: "v1", kind: "Namespace", metadata: { name: "a" } }), 1],
  ])("%s", async (_, stream, count) => {
    const results = await validateStream(stream, real);
    expect(told(results)).toEqual([]);
    expect(results).toHaveLength(count);
  });

  test("10,000 objects over many processes come back in order, each once", async () => {
    const stream = Array.from({ length: 10_000 }, (_, n) =>
      configMap(`c${n}`, `data: { n: "${"x".repeat(n % 500)}" }\n`),
    );
    const results = await validateStream(stream.join("---\n"), real);
    expect(results.map(({ name }) => name)).toEqual(stream.map((_, n) => `c${n}`));
    expect(results.every(({ valid }) => valid)).toBe(true);
    expect(results[9_999]?.line).toBe(1 + 9_999 * 7);
  });
});

describe("what is wrong is told at its line", () => {
  test.each([
    [
      "an unknown field in a core kind",
      deployment.replace("replicas", "replica"),
      ["9:3 /spec/replica unknown field 'replica'"],
    ],
    [
      "an unknown field in a CRD",
      application.replace("prune:", "prun:"),
      ["15:18 /spec/syncPolicy/automated/prun unknown field 'prun'"],
    ],
    [
      "an unknown field in a CRD's metadata",
      application.replace("  namespace:", "  nameSpace:"),
      ["5:3 /metadata/nameSpace unknown field 'nameSpace'"],
    ],
    [
      "a wrong type",
      deployment.replace("replicas: 1", 'replicas: "1"'),
      ["9:3 /spec/replicas got string, want integer"],
    ],
    [
      "a wrong type in a CRD",
      sparkTemplate.replace("suspend: true", "suspend: never"),
      ["7:3 /spec/suspend got string, want boolean"],
    ],
    [
      "a missing field",
      sparkTemplate.replace("    sparkVersion: 4.1.3\n", ""),
      ["8:3 /spec/template missing property 'sparkVersion'"],
    ],
    [
      "a value that is none of the known",
      sparkTemplate.replace("Python", "Perl"),
      ["9:5 /spec/template/type value must be one of 'Java', 'Python', 'Scala', 'R'"],
    ],
    [
      "a key with a slash in it",
      deployment.replace("name: web\nspec", "name: [web]\nspec"),
      ["7:5 /metadata/labels/app.kubernetes.io~1name got array, want string"],
    ],
    [
      "a number that Kubernetes' int32 cannot hold",
      deployment.replace("replicas: 1", "replicas: 9999999999"),
      ["9:3 /spec/replicas maximum: got 9.999999999×10⁰⁹, want 2.147483647×10⁰⁹"],
    ],
    [
      "a secret that is no base64",
      "apiVersion: v1\nkind: Secret\nmetadata: { name: s }\ndata:\n  k: pass word\n",
      [expect.stringMatching(/^5:3 \/data\/k 'pass word' does not match pattern/)],
    ],
    [
      "a kind in the wrong case",
      deployment.replace("kind: Deployment", "kind: deployment"),
      ["2:1 /kind value must be 'Deployment'"],
    ],
    [
      "a null in a list",
      deployment.replace("            - containerPort: 80", "            -"),
      [
        expect.stringMatching(
          /^\d+:\d+ \/spec\/template\/spec\/containers\/0\/ports\/0 got null, want object$/,
        ),
      ],
    ],
    ["no name", configMap("a").replace("  name: a\n", ""), ["3:1 /metadata missing property 'name'"]],
    ["no kind", "apiVersion: v1\nmetadata: { name: a }\n", ["1:1  missing 'kind' key"]],
    [
      "an apiVersion that is gone",
      deployment.replace("apps/v1", "apps/v1beta1"),
      ["1:1 /apiVersion apps/v1beta1 Deployment is not served since Kubernetes 1.16; use apps/v1"],
    ],
    [
      "a version of a known kind that never was",
      deployment.replace("apps/v1", "apps/v3"),
      ["1:1 /apiVersion no schema for apps/v3 Deployment; known for this kind: apps/v1"],
    ],
    [
      "a kind that nobody knows",
      deployment.replace("kind: Deployment", "kind: Deploy"),
      ["1:1 /apiVersion no schema for apps/v1 Deploy; is its CRD among the manifests?"],
    ],
    ["a scalar", "just words\n", [expect.stringMatching(/^1:1 {2}/)]],
    ["null", "null\n", ["1:1  not an object: a Kubernetes manifest is a mapping with apiVersion and kind"]],
    [
      "broken YAML",
      configMap("a", "data:\n  a: [1\n  b: 2\n"),
      [expect.stringMatching(/^[789]:\d+ {2}Flow sequence/)],
    ],
    ["a tab", configMap("a", "\tdata: {}\n"), ["6:1  Tabs are not allowed as indentation"]],
    [
      "brackets without end",
      configMap("a", `data: ${"[".repeat(20_000)}\n`),
      [expect.stringMatching(/^\d+:1 {2}exceeded max depth/)],
    ],
    [
      "an anchor in itself",
      configMap("a", "data: &a { b: *a }\n"),
      [expect.stringMatching(/^1:1 {2}anchor 'a' value contains itself/)],
    ],
    [
      "aliases that expand without end",
      configMap(
        "a",
        `data:\n  a: &a [x,x,x,x,x,x,x,x,x]\n${[..."bcdefghi"].map((key, index) => `  ${key}: &${key} [${Array(9).fill(`*${"abcdefgh"[index]}`)}]\n`).join("")}`,
      ),
      ["1:1  document contains excessive aliasing"],
    ],
    [
      "a key that comes twice",
      configMap("a", "data:\n  a: b\n  a: c\n"),
      ['8:1  key "a" already set in map'],
    ],
    [
      "an item of a list",
      `apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Namespace\n  metadata: { name: a }\n  spce: {}\n`,
      ["7:3 /items/0/spce unknown field 'spce'"],
    ],
  ])("%s", async (_, manifest, expected) => {
    const before = configMap("before");
    const shifted = expected.map((text) =>
      typeof text === "string" ? text.replace(/^\d+/, (line) => String(Number(line) + 6)) : text,
    );
    // Alone, and with an object before it that moves it six lines down.
    expect(told(await validateStream(manifest, real))).toEqual(expected);
    const results = await validateStream(`${before}---\n${manifest}---\n${configMap("after")}`, real);
    expect(results).toHaveLength(3);
    if (expected.every((text) => typeof text === "string")) expect(told(results)).toEqual(shifted);
    expect(results.map(({ valid }) => valid)).toEqual([true, false, true]);
  });

  test("with the object's namespace", async () => {
    const [result] = await validateStream(configMap("a", "dat: {}\n"), real);
    expect(result).toMatchObject({
      apiVersion: "v1",
      kind: "ConfigMap",
      name: "a",
      namespace: "misc",
      line: 1,
    });
  });
});

describe("an object that would vanish is noticed", () => {
  test.each([
    [
      "two renders joined without a separator",
      configMap("a") + configMap("b"),
      "6:1  a second `apiVersion` in one document: the `---` before this object is missing",
    ],
    [
      "joined without a line end",
      `${configMap("a", "data: { a: b }")}${configMap("b")}`,
      "7:1  a second `kind` in one document: the `---` before this object is missing",
    ],
    [
      "content on the separator",
      `--- {apiVersion: v1, kind: Namespace, metadata: {name: a}}\n`,
      "1:1  content on the line of a `---`, which Kubernetes' tools drop: move it to the next line",
    ],
    [
      "content after the end of a document",
      `${configMap("a")}...\n${configMap("b")}`,
      "7:1  content after a `...`, which Kubernetes' tools drop: put a `---` before it",
    ],
    [
      "a line that only looks like a separator",
      `${configMap("a")}---x: 1\n`,
      "6:1  a line that starts with `---`, which Kubernetes' tools take for a separator: indent it",
    ],
  ])("%s", async (_, stream, expected) => {
    expect(told(await validateStream(stream, real))).toEqual([expected]);
  });
});

test("each problem says what it is about", async () => {
  const stream = [
    deployment.replace("replicas", "replica"),
    deployment.replace("apps/v1", "apps/v1beta1"),
    deployment.replace("kind: Deployment", "kind: Deploy"),
    "a: [\n",
    configMap("a") + configMap("b"),
  ].join("---\n");
  const results = await validateStream(stream, real);
  expect(results.flatMap(({ problems }) => problems.map(({ code }) => code))).toEqual([
    "schema",
    "removed-api",
    "no-schema",
    "document",
    "document",
  ]);
});

describe("schemas of the repository's own CRDs", () => {
  const crd = `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: widgets.example.dev }
spec:
  group: example.dev
  scope: Namespaced
  names: { kind: Widget, plural: widgets }
  versions:
    - name: v1
      served: true
      storage: true
      schema:
        openAPIV3Schema:
          type: object
          required: [spec]
          properties:
            spec:
              type: object
              required: [size, mode]
              properties:
                size: { type: integer, format: int32, minimum: 1 }
                mode: { type: string, enum: [fast, slow], default: fast }
                port: { x-kubernetes-int-or-string: true, anyOf: [{ type: integer }, { type: string }] }
                free: { type: object, x-kubernetes-preserve-unknown-fields: true, properties: { known: { type: object, properties: { a: { type: string } } } } }
                maybe: { type: string, nullable: true, enum: [x] }
                tags: { type: array, items: { type: string }, x-kubernetes-list-type: set }
                child: { type: object, x-kubernetes-embedded-resource: true, properties: { spec: { type: object, x-kubernetes-preserve-unknown-fields: true } } }
                labels: { type: object, additionalProperties: { type: string } }
                empty: { type: object }
    - name: v1alpha1
      served: false
      storage: false
      schema: { openAPIV3Schema: { type: object } }
`;
  const widget = (spec: string, version = "v1"): string =>
    `apiVersion: example.dev/${version}\nkind: Widget\nmetadata: { name: w }\nspec: { mode: fast, ${spec} }\n`;

  test.each([
    [
      "all of it",
      "size: 1, port: http, free: { any: [1] }, maybe: null, tags: [a, b], child: { apiVersion: v1, kind: X, metadata: { name: c }, spec: { b: 1 } }, labels: { a: b }, empty: {}",
      [],
    ],
    ["nulls that the API server drops", "size: 1, port: null, tags: null, labels: { a: null }", []],
    ["a null that it does not", "size: null", ["4:21 /spec/size got null, want integer"]],
    [
      "an integer or a string, not a list",
      "size: 1, port: [80]",
      ["4:30 /spec/port got array, want integer or string"],
    ],
    [
      "unknown below a known field of a free one",
      "size: 1, free: { known: { b: 1 } }",
      ["4:47 /spec/free/known/b unknown field 'b'"],
    ],
    [
      "a field in an object that has none",
      "size: 1, empty: { a: 1 }",
      ["4:39 /spec/empty/a unknown field 'a'"],
    ],
    ["the same twice in a set", "size: 1, tags: [a, a]", ["4:30 /spec/tags items at 0 and 1 are equal"]],
    [
      "an embedded object without a kind",
      "size: 1, child: { apiVersion: v1 }",
      ["4:30 /spec/child missing property 'kind'"],
    ],
    ["below the minimum", "size: 0", ["4:21 /spec/size minimum: got 0, want 1"]],
  ])("%s", async (_, spec, expected) => {
    const [base = ""] = real.schemas;
    const own = await prepareCrdSchemas([crd], base, { cacheDir: await temporaryFolder() });
    const results = await validateStream(widget(spec), { ...real, schemas: [own ?? "", base] });
    expect(told(results)).toEqual(expected);
    expect(results).toHaveLength(1);
  });

  test("a version that is not served has no schema", async () => {
    const [base = ""] = real.schemas;
    const own = await prepareCrdSchemas([crd], base, { cacheDir: await temporaryFolder() });
    const results = await validateStream(widget("size: 1", "v1alpha1"), {
      ...real,
      schemas: [own ?? "", base],
    });
    expect(told(results)).toEqual([
      "1:1 /apiVersion no schema for example.dev/v1alpha1 Widget; known for this kind: example.dev/v1",
    ]);
  });

  test("in a stream with other objects, and with one that is broken", async () => {
    const [base = ""] = real.schemas;
    const stream = `${configMap("a")}---\na: [\n---\n${crd}---\n${widget("size: 1")}`;
    const own = await prepareCrdSchemas([stream], base, { cacheDir: await temporaryFolder() });
    const results = await validateStream(stream, { ...real, schemas: [own ?? "", base] });
    expect(results.map(({ valid }) => valid)).toEqual([true, false, true, true]);
  });

  test("no CRD, no folder", async () => {
    expect(await prepareCrdSchemas([configMap("a")], "/nowhere", {})).toBeUndefined();
  });

  test("a schema that is broken is told as such", async () => {
    const folder = await temporaryFolder();
    const path = join(folder, schemaPath("v1", "ConfigMap"));
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, '{"type": "nonsense"}');
    const results = await validateStream(configMap("a"), { ...real, schemas: [folder] });
    expect(told(results)).toEqual([
      "1:1 /apiVersion the schema of v1 ConfigMap (v1/configmap_v1.json) cannot be read or compiled",
    ]);
  });
});
