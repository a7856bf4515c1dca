import { expect, test } from "vitest";
import { deliverySettings } from "./delivery-settings.ts";

const read = (data: string) => deliverySettings("prod", `metadata:\n  name: environment\ndata:\n${data}`);
const workflow = "https://github.com/acme/lake/.github/workflows/deliver.yml@refs/heads/main";

test.each([
  ["", { way: "commit", repoURL: undefined, signedBy: undefined }],
  ["  delivery: pull-request\n", { way: "pull-request" }],
  ["  repoURL: https://github.com/acme/lake\n", { repoURL: "https://github.com/acme/lake" }],
  [`  signed-by: ${workflow}\n`, { signedBy: { kind: "identity", identity: workflow } }],
  ["  signed-by: keys/prod.pub\n", { signedBy: { kind: "key", file: "keys/prod.pub" } }],
  ["  # signed-by: keys/prod.pub\n  name: prod\n", { signedBy: undefined }],
])("reads %j", (data, settings) => {
  expect(read(data)).toMatchObject(settings);
});

test("an environment that says nothing takes commits of anybody's images", () => {
  expect(deliverySettings("prod", undefined)).toEqual({
    way: "commit",
    repoURL: undefined,
    signedBy: undefined,
  });
});

test.each([
  [
    "  delivery: push\n",
    'environment.yaml:4:13: error: data.delivery is "push"; expected commit or pull-request',
  ],
  ["  signed-by: me\n", 'environment.yaml:4:14: error: data.signed-by is "me"; expected a workflow'],
  ["  signed-by: ../keys/prod.pub\n", 'data.signed-by is "../keys/prod.pub"'],
  ["  signed-by:\n", "data.signed-by is null"],
  ["  signed-by: [a]\n", "data.signed-by is null"],
  [`  signed-by: ${workflow.replace("@refs/heads/main", "")}\n`, "data.signed-by is"],
  ["signed-by: keys/prod.pub\n", "data.signed-by is written outside of data"],
])("refuses %j rather than to take anybody's images", (data, message) => {
  expect(() => read(data)).toThrow(message);
});
