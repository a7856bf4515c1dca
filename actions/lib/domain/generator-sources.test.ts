import { expect, test } from "vitest";
import { GeneratorSources } from "./generator-sources.ts";

const tree = new Map([
  [
    "manifests/a/kustomization.yaml",
    `namespace: a
configMapGenerator:
  - name: settings
    literals: [LEVEL=info, "URL=http://x"]
    files:
      - config/app.cfg
      - cfg=other.cfg
secretGenerator:
  - name: settings
    literals: [TOKEN=x]
`,
  ],
  [
    "manifests/b/kustomization.yaml",
    "namespace: b\nconfigMapGenerator:\n  - name: settings\n    literals: [A=b]\n",
  ],
  ["overlays/other/kustomization.yaml", "configMapGenerator:\n  - name: elsewhere\n"],
  ["manifests/broken/kustomization.yaml", "configMapGenerator: ["],
]);
const sources = new GeneratorSources(tree, "local");

function at(kind: string, name: string, namespace: string, pointer = ""): string | undefined {
  const found = sources.locate({ apiVersion: "v1", kind, metadata: { name, namespace } }, pointer);
  return found && `${found.file}:${found.line}:${found.column}`;
}

test.each([
  ["the generator", "ConfigMap", "settings-m98k5bk5gt", "a", "", "manifests/a/kustomization.yaml:3:11"],
  ["one without a hash", "ConfigMap", "settings", "a", "/metadata", "manifests/a/kustomization.yaml:3:11"],
  ["a literal", "ConfigMap", "settings-m98k5bk5gt", "a", "/data/URL", "manifests/a/kustomization.yaml:4:28"],
  ["a file", "ConfigMap", "settings-m98k5bk5gt", "a", "/data/app.cfg", "manifests/a/kustomization.yaml:6:9"],
  [
    "a file under another key",
    "ConfigMap",
    "settings-m98k5bk5gt",
    "a",
    "/data/cfg",
    "manifests/a/kustomization.yaml:7:9",
  ],
  [
    "the one of its kind",
    "Secret",
    "settings-m98k5bk5gt",
    "a",
    "/data/TOKEN",
    "manifests/a/kustomization.yaml:10:16",
  ],
  [
    "the one of its namespace",
    "ConfigMap",
    "settings-m98k5bk5gt",
    "b",
    "/data/A",
    "manifests/b/kustomization.yaml:4:16",
  ],
  ["none of another environment", "ConfigMap", "elsewhere-m98k5bk5gt", "a", "", undefined],
  ["none for another kind", "Service", "settings", "a", "", undefined],
])("%s", (_, kind, name, namespace, pointer, place) => {
  expect(at(kind, name, namespace, pointer)).toBe(place);
});
