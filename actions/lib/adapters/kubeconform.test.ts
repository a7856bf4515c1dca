import { join } from "node:path";
import { expect, test } from "vitest";
import { UserError } from "../domain/user-error.ts";
import { kubeconform } from "./kubeconform.ts";

const toolsDir = join(import.meta.dirname, "../../../scripts/tools");
const validator = kubeconform({ toolsDir, kubernetesVersion: "1.36.3" });

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
      schema: { openAPIV3Schema: { type: object, properties: { spec: { type: object, properties: { a: { type: string } } } } } }
`;
const widget = (key: string): string =>
  `apiVersion: example.dev/v1\nkind: Widget\nmetadata: { name: w, namespace: misc }\nspec: { ${key}: x }\n`;

test("checks core kinds, pinned CRDs, and those that the stream brings itself", {
  timeout: 300_000,
}, async () => {
  const namespace = "apiVersion: v1\nkind: Namespace\nmetadata: { name: misc }\n";
  const project =
    "apiVersion: argoproj.io/v1alpha1\nkind: AppProject\nmetadata: { name: p }\nspec: { destination: [] }\n";
  const stream = [namespace, project, crd, widget("a"), widget("b")].join("---\n");
  const { checked, problems } = await validator.validate(stream);
  expect(checked).toBe(5);
  expect(problems).toEqual([
    {
      code: "schema",
      line: 8,
      column: 9,
      apiVersion: "argoproj.io/v1alpha1",
      kind: "AppProject",
      name: "p",
      namespace: undefined,
      path: "/spec/destination",
      message: "unknown field 'destination'",
    },
    {
      code: "schema",
      line: 31,
      column: 9,
      apiVersion: "example.dev/v1",
      kind: "Widget",
      name: "w",
      namespace: "misc",
      path: "/spec/b",
      message: "unknown field 'b'",
    },
  ]);
});

test("an object without a schema is a problem, and counts", async () => {
  const { checked, problems } = await validator.validate(widget("a"));
  expect(checked).toBe(1);
  expect(problems.map(({ message }) => message)).toEqual([
    "no schema for example.dev/v1 Widget; is its CRD among the manifests?",
  ]);
});

test("pins that cannot be read are the user's to mend", async () => {
  const nowhere = kubeconform({ toolsDir: "/nowhere", kubernetesVersion: "1.36.3" });
  await expect(nowhere.validate("")).rejects.toThrow(UserError);
});
