import { expect, test } from "vitest";
import { parseClusterOptions } from "./options.ts";

test("reads a verb and its options", () => {
  expect(parseClusterOptions(["up", "--context", "minikube", "--environment", "eks"])).toMatchObject({
    verb: "up",
    context: "minikube",
    environment: "eks",
    bare: false,
  });
  expect(parseClusterOptions(["logs", "kubelet", "-f"])).toMatchObject({
    component: "kubelet",
    follow: true,
  });
  expect(
    parseClusterOptions(["images", "--environment", "minikube", "--registry", "localhost:5050", "--dry-run"]),
  ).toMatchObject({ verb: "images", registry: "localhost:5050", dryRun: true });
  expect(parseClusterOptions(["up", "--help"])).toBeUndefined();
});

test.each([
  [[], "what shall be done? up, images, status, logs, down"],
  [["dwon"], "there is no dwon; did you mean `down`?"],
  [["up", "now"], "up takes no now"],
  [["down", "--context", "kind"], "down is for a cluster of our own"],
  [["up", "--registry", "localhost:5050"], "--registry is for images, not for up"],
  [["images", "--registry", "http://localhost:5050"], "is not a registry"],
  [["up", "--contxt", "kind"], "--contxt"],
])("refuses %j", (argv, message) => {
  expect(() => parseClusterOptions(argv)).toThrow(message);
});
