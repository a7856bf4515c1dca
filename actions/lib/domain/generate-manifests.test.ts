import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import { generateManifests } from "./generate-manifests.ts";
import type { PipelineShape } from "./spark-steps.ts";

const versions = { spark: "4.1.3" };
const BASE = "manifests/processing/pipelines/breweries";

interface Template {
  spec: { template: Record<string, unknown> };
}

function shape(spec: Partial<PipelineShape["spec"]> = {}, name = "breweries"): PipelineShape {
  return { metadata: { name }, spec: { storage: { format: "delta", bucket: "lakehouse" }, ...spec } };
}

function template(spec: Partial<PipelineShape["spec"]>, step = "silver"): Template {
  return parse(generateManifests(shape(spec), versions).get(`${BASE}/${step}.yaml`) ?? "");
}

function podOf(container: string): object {
  return { spec: { containers: [{ name: container, env: [{ name: "PYTHONPATH" }] }] } };
}

describe("which files there are", () => {
  const all = ["access", "gold", "kustomization", "quality", "silver"].map((name) => `${BASE}/${name}.yaml`);
  const dbt = { type: "dbt", project: "dbt", engine: "trino", connection: "trino" } as const;
  const warehouse = { type: "snowflake", connection: "snow", database: "TELECOMS" } as const;
  test.each([
    { what: "marts by Spark", spec: {}, files: all },
    { what: "marts by dbt", spec: { transform: dbt }, files: all.filter((path) => !path.includes("gold")) },
    {
      what: "marts in a warehouse",
      spec: { warehouse },
      files: all.filter((path) => !path.includes("gold")),
    },
  ])("$what", ({ spec, files }) => {
    const made = generateManifests(shape(spec), versions);
    expect([...made.keys()].sort()).toEqual(["apps/pipelines/breweries.yaml", ...files]);
    const listed = parse(made.get(`${BASE}/kustomization.yaml`) ?? "").resources as string[];
    expect(listed.map((file) => `${BASE}/${file}`).sort()).toEqual(
      files.filter((f) => !f.includes("kustomization")),
    );
  });
});

test("adding a table, a mart or a source that Spark does not read changes nothing", () => {
  const bare = shape();
  const added = {
    sources: { shop: { type: "http", url: "https://shop.example" } },
    tables: [{ name: "orders", source: "shop", write: "append", columns: { id: "string" } }],
    marts: [{ name: "sales", sql: "gold/sales.sql" }],
  };
  const full = shape(added as Partial<PipelineShape["spec"]>);
  expect(generateManifests(full, versions)).toEqual(generateManifests(bare, versions));
});

test("a database is read by a step of its own, and each secret is its step's driver's alone", () => {
  const pii = { method: "hash", key: "pii_key" } as const;
  const spec = {
    storage: { format: "iceberg", bucket: "lakehouse", catalog: "lake" },
    sources: { shop: { type: "postgres", connection: "shop_postgres" } },
    tables: [{ name: "orders", source: "shop", write: "append", columns: { who: { type: "string", pii } } }],
  } as const satisfies Partial<PipelineShape["spec"]>;
  const made = generateManifests(shape(spec as Partial<PipelineShape["spec"]>), versions);
  expect(parse(made.get(`${BASE}/kustomization.yaml`) ?? "").resources).toContain("raw.yaml");
  const secrets = {
    raw: [["WAVEHOUSE_CONNECTION_SHOP_POSTGRES", "connection-shop-postgres", "url"]],
    silver: [["WAVEHOUSE_SECRET_PII_KEY", "secret-pii-key", "value"]],
    quality: [],
    gold: [],
  };
  for (const [step, wanted] of Object.entries(secrets)) {
    const { driver, executor } = parse(made.get(`${BASE}/${step}.yaml`) ?? "").spec.template;
    const refs = wanted.map(([name, secret, key]) => ({
      name,
      valueFrom: { secretKeyRef: { name: secret, key } },
    }));
    const path = { name: "PYTHONPATH", value: "/opt/wavehouse/runtime" };
    expect(driver.template.spec.containers[0].env).toEqual([path, ...refs]);
    expect(executor.template.spec.containers[0].env).toEqual([path]);
  }
});

test.each([
  { step: "silver", image: "breweries-silver" },
  { step: "quality", image: "breweries-tests" },
  { step: "gold", image: "breweries-gold" },
])("$step runs the image $image, suspended, from the layer's own runtime", ({ step, image }) => {
  expect(template({}, step)).toMatchObject({
    kind: "ScheduledSparkApplication",
    metadata: { name: image, namespace: "processing" },
    spec: {
      suspend: true,
      template: {
        image,
        sparkVersion: "4.1.3",
        mainApplicationFile: `local:///opt/wavehouse/runtime/wavehouse/jobs/${step}.py`,
        arguments: ["--pipeline", "/opt/wavehouse/pipeline/pipeline.yaml"],
        restartPolicy: { type: "Never" },
        driver: { serviceAccount: "breweries-driver", template: podOf("spark-kubernetes-driver") },
        executor: { serviceAccount: "breweries-executor", template: podOf("spark-kubernetes-executor") },
      },
    },
  });
});

test("every Spark pod meets the restricted Pod Security standard, without the operator's webhook", () => {
  const { driver, executor } = template({}).spec.template as Record<string, { template: unknown }>;
  for (const pod of [driver, executor]) {
    expect(pod?.template).toMatchObject({
      spec: {
        securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
        containers: [
          {
            securityContext: {
              allowPrivilegeEscalation: false,
              readOnlyRootFilesystem: true,
              capabilities: { drop: ["ALL"] },
            },
          },
        ],
      },
    });
    // Only the webhook applies these: with it they would be said twice, without it not at all.
    for (const field of ["env", "securityContext", "podSecurityContext", "volumeMounts"]) {
      expect(pod).not.toHaveProperty(field);
    }
  }
});

test("a small job sets little aside, so that a driver and an executor fit beside the platform on two cores", () => {
  expect(template({}).spec.template).toMatchObject({
    driver: { coreRequest: "100m", javaOptions: expect.stringContaining("SerialGC") },
    executor: { coreRequest: "100m", javaOptions: expect.stringContaining("SerialGC") },
    sparkConf: { "spark.ui.enabled": "false" },
  });
  const large = template({ resources: "large" }).spec.template;
  expect(large).toMatchObject({
    driver: { javaOptions: expect.not.stringContaining("SerialGC") },
    executor: { coreRequest: "3", cores: 4 },
  });
});

test.each(["tiny", "small", "medium", "large"] as const)(
  "a %s job's log is what Spark warns of",
  (resources) => {
    const told = { javaOptions: expect.stringContaining("-Dwavehouse.log=warn") };
    expect(template({ resources }).spec.template).toMatchObject({ driver: told, executor: told });
  },
);

test("a tiny job is its driver alone", () => {
  expect(template({ resources: "tiny" }).spec.template).toMatchObject({
    driver: { memory: "1g", memoryOverhead: "1g" },
    executor: expect.not.objectContaining({ instances: expect.anything() }),
    sparkConf: { "spark.kubernetes.driver.master": "local[2]" },
  });
  expect(template({}).spec.template.sparkConf).not.toHaveProperty(["spark.kubernetes.driver.master"]);
});

test.each([
  { format: "delta", conf: { "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension" } },
  {
    format: "iceberg",
    conf: {
      "spark.sql.extensions": "org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions",
    },
  },
  { format: "parquet", conf: { "spark.sql.session.timeZone": "UTC" } },
] as const)("$format is configured", ({ format, conf }) => {
  const storage = { format, bucket: "lakehouse", catalog: "lake" };
  expect(template({ storage }).spec.template).toMatchObject({ sparkConf: conf });
});

test.each([
  { resources: undefined, step: "silver", memory: "1g", instances: 1 },
  { resources: "medium", step: "silver", memory: "4g", instances: 2 },
  { resources: { gold: "large" }, step: "gold", memory: "8g", instances: 4 },
  { resources: { gold: "large" }, step: "silver", memory: "1g", instances: 1 },
] as const)(
  "resources $resources give $step $memory × $instances",
  ({ resources, step, memory, instances }) => {
    const spec = resources === undefined ? {} : { resources };
    expect(template(spec, step).spec.template).toMatchObject({ executor: { memory, instances } });
  },
);

test("the driver's rights name their verbs, and reach no secret", () => {
  const access = parseAllDocuments(generateManifests(shape(), versions).get(`${BASE}/access.yaml`) ?? "");
  const objects = access.map((document) => document.toJS());
  expect(objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`)).toEqual([
    "ServiceAccount breweries-driver",
    "ServiceAccount breweries-executor",
    "Role breweries-driver",
    "RoleBinding breweries-driver",
  ]);
  expect(objects[1].automountServiceAccountToken).toBe(false);
  const rules = objects[2].rules as { resources: string[]; verbs: string[] }[];
  expect(rules.flatMap((rule) => rule.resources)).toEqual([
    "pods",
    "configmaps",
    "services",
    "persistentvolumeclaims",
  ]);
  expect(rules.flatMap((rule) => [...rule.resources, ...rule.verbs])).not.toContain("*");
  expect(objects[3].subjects).toEqual([
    { kind: "ServiceAccount", name: "breweries-driver", namespace: "processing" },
  ]);
});

test("every name that a pipeline may have comes back from the YAML as it went in", () => {
  const name = fc.stringMatching(/^[a-z]([a-z0-9-]{0,38}[a-z0-9])?$/);
  fc.assert(
    fc.property(name, (pipeline) => {
      const made = generateManifests(shape({}, pipeline), versions);
      const application = parse(made.get(`apps/pipelines/${pipeline}.yaml`) ?? "");
      expect(application.metadata.labels["wavehouse.dev/pipeline"]).toBe(pipeline);
      expect(application.spec.source.path).toBe(`overlays/ENVIRONMENT/processing/pipelines/${pipeline}`);
      const silver = parse(made.get(`manifests/processing/pipelines/${pipeline}/silver.yaml`) ?? "");
      expect(silver.spec.template.driver.labels["wavehouse.dev/pipeline"]).toBe(pipeline);
    }),
    // YAML 1.1 and 1.2 words that are no strings.
    { examples: [["y"], ["no"], ["null"], ["true"], ["on"], ["e1"]] },
  );
});
