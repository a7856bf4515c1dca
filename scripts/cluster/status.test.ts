import { expect, test } from "vitest";
import { explainOperation } from "./status.ts";

const failed =
  "Failed to load target state: failed to generate manifest for source 1 of 1: rpc error: code = Unknown desc = ";

test.each([
  {
    operation: `${failed}\`kustomize build <path to cached source>/overlays/local/x --enable-helm --helm-api-versions v1\` failed exit status 1: Error: accumulating resources: lstat <path to cached source>/overlays/local/x/twice.yaml: no such file`,
    told: "what Git says cannot be rendered: accumulating resources: lstat overlays/local/x/twice.yaml: no such file; `npm run validate` shows the line: mend it and push",
  },
  {
    operation: `${failed}overlays/local/nowhere: app path does not exist`,
    told: "what Git says cannot be rendered: overlays/local/nowhere: app path does not exist; `npm run validate` shows the line: mend it and push",
  },
  { operation: "Running: waiting for healthy state", told: "Running: waiting for healthy state" },
])("$told", ({ operation, told }) => {
  expect(explainOperation(operation)).toBe(told);
});
