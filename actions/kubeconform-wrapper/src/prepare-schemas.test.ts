import { cp, mkdtemp, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { schemasFromCrd } from "./crd-schemas.ts";
import { objectMetaSchema, schemasFromOpenApi } from "./openapi-schemas.ts";
import { prepareSchemas, schemaFormat } from "./prepare-schemas.ts";
import { realTools, temporaryFolder, toolsDir } from "./testing.ts";
import { validateStream } from "./validate-stream.ts";

let real: Awaited<ReturnType<typeof realTools>>;
beforeAll(async () => {
  real = await realTools();
}, 300_000);

test("kubeconform can compile every schema, and an object of that kind is checked by it", async () => {
  const [folder = ""] = real.schemas;
  const kinds: string[] = [];
  for (const entry of await readdir(folder, { recursive: true })) {
    if (!entry.includes("/")) continue;
    const { properties } = JSON.parse(await readFile(join(folder, entry), "utf8"));
    kinds.push(
      `apiVersion: ${properties.apiVersion.enum[0]}\nkind: ${properties.kind.enum[0]}\nmetadata: { name: a }\nnonsense: 1\n`,
    );
  }
  expect(kinds.length).toBeGreaterThan(80);
  const results = await validateStream(kinds.join("---\n"), real);
  for (const result of results) {
    const messages = result.valid ? [] : result.problems.map(({ message }) => message);
    expect(messages, `${result.apiVersion} ${result.kind}`).toContain("unknown field 'nonsense'");
  }
});

test("a CRD may hold a CRD's recursive schema, and what is wrong deep inside is found", async () => {
  const crd = (type: string): string => `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: a.example.dev }
spec:
  group: example.dev
  scope: Namespaced
  names: { kind: A, plural: as }
  versions:
    - { name: v1, served: true, storage: true, schema: { openAPIV3Schema: { type: object, properties: { a: { properties: { b: { ${type}: string } } } } } } }
`;
  const results = await validateStream(`${crd("type")}---\n${crd("tpye")}`, real);
  expect(results.map(({ valid }) => valid)).toEqual([true, false]);
  expect(JSON.stringify(results[1])).toContain("tpye");
});

test("a prepared set costs no process", async () => {
  const started = performance.now();
  await prepareSchemas({ toolsDir, kubernetesVersion: "1.36.3", env: { ...process.env, PATH: "" } });
  expect(performance.now() - started).toBeLessThan(250);
});

describe("what stands in the way is told", () => {
  test("another Kubernetes than the pinned one", async () => {
    await expect(prepareSchemas({ toolsDir, kubernetesVersion: "1.30.0" })).rejects.toThrow(
      /schemas of Kubernetes 1\.30\.0 are asked for, and .*kubernetes\/go\.mod pins v1\.36\.3/,
    );
  });

  test("no Go", async () => {
    const options = {
      toolsDir,
      kubernetesVersion: "1.36.3",
      cacheDir: await temporaryFolder(),
      env: { PATH: "" },
    };
    await expect(prepareSchemas(options)).rejects.toThrow(/Go is needed to fetch .* and is not on PATH/);
    expect(await readdir(join(options.cacheDir, "schemas"))).toEqual([]);
  });

  test("data that is not what go.sum pins", async () => {
    const tampered = await mkdtemp(join(await temporaryFolder(), "tools-"));
    await cp(toolsDir, tampered, { recursive: true });
    const path = join(tampered, "spark-operator", "go.sum");
    const sum = await readFile(path, "utf8");
    await writeFile(path, sum.replace(/(spark-operator\/v2 v\S+ h1:)..../, "$1AAAA"));
    const options = { toolsDir: tampered, kubernetesVersion: "1.36.3", cacheDir: await temporaryFolder() };
    await expect(prepareSchemas(options)).rejects.toThrow(/checksum/);
  });
});

test("what is generated changes only together with the format's number", () => {
  const api = {
    definitions: {
      "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta": {
        type: "object",
        properties: {
          name: { type: "string" },
          labels: { type: "object", additionalProperties: { type: "string" } },
        },
      },
      "io.k8s.apimachinery.pkg.api.resource.Quantity": { type: "string" },
      "io.example.Box": {
        type: "object",
        required: ["spec"],
        properties: {
          apiVersion: { type: "string" },
          kind: { type: "string" },
          metadata: { $ref: "#/definitions/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta" },
          spec: { $ref: "#/definitions/io.example.Spec" },
        },
        "x-kubernetes-group-version-kind": [{ group: "", version: "v1", kind: "Box" }],
      },
      "io.example.Spec": {
        type: "object",
        required: ["count"],
        properties: {
          count: { type: "integer", format: "int32" },
          port: { type: "string", format: "int-or-string" },
          size: { $ref: "#/definitions/io.k8s.apimachinery.pkg.api.resource.Quantity" },
          inner: { type: "array", items: { $ref: "#/definitions/io.example.Spec" } },
          empty: { type: "object" },
        },
      },
    },
  };
  const crd = `{apiVersion: apiextensions.k8s.io/v1, kind: CustomResourceDefinition, spec: {group: e.dev, names: {kind: C}, versions: [{name: v1, schema: {openAPIV3Schema: {type: object, properties: {spec: {type: object, properties: {a: {type: string, maxLength: 3}, b: {x-kubernetes-int-or-string: true}}}}}}}]}}`;
  const generated = [...schemasFromOpenApi(api), ...schemasFromCrd(crd, objectMetaSchema(api))];
  // A failure here means: raise `schemaFormat`, then update the snapshot. Else caches keep the old schemas.
  expect({ schemaFormat, generated }).toMatchSnapshot();
});
