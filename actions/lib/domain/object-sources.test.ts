import { expect, test } from "vitest";
import { ObjectSources } from "./object-sources.ts";

const DEPLOYMENT = { apiVersion: "apps/v1", kind: "Deployment", name: "web", namespace: "misc" };

const FILES = {
  "manifests/web/deployment.yaml": `apiVersion: v1
kind: Service
metadata: { name: web }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  template:
    spec:
      containers:
        - name: web
          image: web
`,
  "overlays/local/web/patch.yaml": `apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  replicas: 2
`,
  "overlays/eks/web/patch.yaml": `apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  paused: true
`,
  "manifests/broken.yaml": "a: [\n",
  "manifests/notes.md": "apiVersion: apps/v1\n",
};

test.each([
  { what: "the object", pointer: "", at: "manifests/web/deployment.yaml:5:1" },
  {
    what: "a value",
    pointer: "/spec/template/spec/containers/0/image",
    at: "manifests/web/deployment.yaml:13:18",
  },
  {
    what: "a value that only a patch has",
    pointer: "/spec/replicas",
    at: "overlays/local/web/patch.yaml:5:13",
  },
  {
    what: "a value that nothing has: the nearest around it",
    pointer: "/spec/template/spec/containers/0/resources/limits",
    at: "manifests/web/deployment.yaml:12:11",
  },
  {
    what: "a value that only another environment has",
    pointer: "/spec/paused",
    at: "manifests/web/deployment.yaml:9:3",
  },
])("finds $what", ({ pointer, at }) => {
  const found = new ObjectSources(new Map(Object.entries(FILES)), "local").locate(DEPLOYMENT, pointer);
  expect(`${found?.file}:${found?.line}:${found?.column}`).toBe(at);
});

test("the object of the right namespace is meant, where there are two", () => {
  const inNamespace = (namespace: string): string =>
    `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a, namespace: ${namespace} }\n`;
  const sources = new ObjectSources(
    new Map([
      ["manifests/a.yaml", inNamespace("one")],
      ["manifests/b.yaml", inNamespace("two")],
    ]),
    "local",
  );
  const object = { apiVersion: "v1", kind: "ConfigMap", name: "a" };
  expect(sources.locate({ ...object, namespace: "two" })?.file).toBe("manifests/b.yaml");
  expect(sources.locate({ ...object, namespace: "one" })?.file).toBe("manifests/a.yaml");
});

test("an object that is written nowhere has no source", () => {
  expect(
    new ObjectSources(new Map(Object.entries(FILES)), "local").locate({ ...DEPLOYMENT, name: "made" }),
  ).toBe(undefined);
});
