import { posix } from "node:path";
import { expect, test } from "vitest";
import { overlayParts } from "./overlay-parts.ts";

const leaf = "resources: [a.yaml]\n";
const parts = (files: Record<string, string>): string[] =>
  overlayParts(
    "overlays/local",
    new Map(Object.entries(files).map(([path, text]) => [posix.join("overlays/local", path), text])),
  );

test("an overlay that only lists folders is rendered folder by folder", () => {
  const list = "apiVersion: v1\nkind: Kustomization\nresources: [a, b/]\n";
  const files = {
    "kustomization.yaml": list,
    "a/kustomization.yaml": leaf,
    "b/kustomization.yml": "resources: [c]\n",
  };
  expect(parts({ ...files, "b/c/kustomization.yaml": leaf })).toEqual([
    "overlays/local/a",
    "overlays/local/b/c",
  ]);
});

test.each([
  ["changes what it lists", "resources: [a]\nnamePrefix: x-\n"],
  ["lists a base", "resources: [a, ../../manifests/x]\n"],
  ["lists a file", "resources: [a, b.yaml]\n"],
  ["lists a remote", "resources: [a, 'https://github.com/a/b?ref=v1']\n"],
  ["lists a folder twice", "resources: [a, a/]\n"],
  ["lists itself", "resources: [a, .]\n"],
  ["lists what is not there", "resources: [a, c]\n"],
  ["lists nothing", "resources: []\n"],
  ["is no YAML", "resources: [a\n"],
])("one that %s is left to kustomize as a whole", (_, text) => {
  expect(
    parts({
      "kustomization.yaml": text,
      "a/kustomization.yaml": leaf,
      "../../manifests/x/kustomization.yaml": leaf,
    }),
  ).toEqual(["overlays/local"]);
});
