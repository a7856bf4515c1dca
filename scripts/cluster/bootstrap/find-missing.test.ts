import { expect, test } from "vitest";
import { parseRendered } from "../../../actions/lib/domain/rendered-objects.ts";
import { type ClusterFacts, findMissing, type GitFacts } from "./find-missing.ts";
import type { Environment } from "./read-environment.ts";

const environment: Environment = {
  name: "minikube",
  file: "overlays/minikube/cicd/environment.yaml",
  registry: "localhost:5000",
  repoURL: "https://github.com/acme/lake.git",
  repoLine: 15,
  targetRevision: "main",
};
const pushed: GitFacts = {
  changed: [],
  head: "a".repeat(40),
  remote: { commit: "a".repeat(40) },
  same: true,
};
const standard = {
  metadata: { name: "standard", annotations: { "storageclass.kubernetes.io/is-default-class": "true" } },
};
const objects = parseRendered(`
apiVersion: apps/v1
kind: StatefulSet
metadata: { name: postgres, namespace: database }
spec:
  template: { spec: { containers: [{ name: postgres, image: "docker.io/library/postgres:15-bookworm" }] } }
  volumeClaimTemplates: [{ metadata: { name: data }, spec: { accessModes: [ReadWriteOnce] } }]
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: airflow-scheduler, namespace: orchestrator }
spec: { template: { spec: { containers: [{ name: scheduler, image: "localhost:5000/airflow:0123456789abcdef" }] } } }
`);
const ready: ClusterFacts = { environment, objects, storageClasses: [standard], git: pushed };

const withRepository = (repoURL: string) =>
  findMissing({ ...ready, environment: { ...environment, repoURL } });

test("nothing is missing", () => {
  expect(findMissing(ready)).toEqual([]);
});

test.each([
  "https://git.example.com/data/wavehouse.git",
  "https://example.org/wavehouse.git",
  "git@git.example.com:data/wavehouse.git",
  "ssh://git@example.com:22/data/wavehouse.git",
])("the example's address is told with its line: %s", (repoURL) => {
  expect(withRepository(repoURL)).toEqual([
    `overlays/minikube/cicd/environment.yaml:15: repoURL is still the example's, ${repoURL}: ` +
      "set it to where Argo CD shall read this repository, for instance https://github.com/OWNER/REPOSITORY.git",
  ]);
});

test.each([
  "https://github.com/example/lake.git",
  "git@github.com:acme/example.com.git",
  "https://counterexample.io/a",
])("no example's address: %s", (repoURL) => {
  expect(withRepository(repoURL)).toEqual([]);
});

test("images that are not built are told once each, with the verb that builds them", () => {
  const unbuilt = parseRendered(`${JSON.stringify(objects[1]).replaceAll("0123456789abcdef", "unbuilt")}\n`);
  expect(findMissing({ ...ready, objects: [...unbuilt, ...unbuilt] })).toEqual([
    "overlays/minikube names images that are not built yet: airflow; " +
      "`npm run cluster -- images --environment minikube` builds them, then commit and push overlays/minikube",
  ]);
  const local = { ...environment, name: "local" };
  expect(findMissing({ ...ready, environment: local, objects: unbuilt })).toEqual([
    expect.stringContaining("take --environment minikube"),
  ]);
});

test("without a default StorageClass the volumes that ask for it are named", () => {
  expect(findMissing({ ...ready, storageClasses: [] })).toEqual([
    expect.stringMatching(
      /no default StorageClass, and StatefulSet database\/postgres ask for it; .*minikube addons/,
    ),
  ]);
  expect(findMissing({ ...ready, storageClasses: [{ metadata: { name: "gp3" } }] })).toEqual([
    expect.stringContaining(
      "kubectl annotate storageclass gp3 storageclass.kubernetes.io/is-default-class=true",
    ),
  ]);
  const named = parseRendered(
    JSON.stringify(objects[0]).replace('"accessModes"', '"storageClassName":"gp3","accessModes"'),
  );
  expect(findMissing({ ...ready, objects: named, storageClasses: [] })).toEqual([]);
});

test.each<[string, Partial<GitFacts>, RegExp | undefined]>([
  [
    "not committed",
    { changed: ["overlays/minikube/a.yaml"] },
    /not committed: overlays\/minikube\/a.yaml; commit and push/,
  ],
  [
    "not pushed",
    { remote: { commit: "b".repeat(40) }, same: false },
    /is at bbbbbbbbbbbb, which differs.*: push/,
  ],
  ["not pulled", { remote: { commit: "b".repeat(40) }, same: undefined }, /not in this checkout: `git pull`/],
  ["no such branch", { remote: { commit: undefined }, same: undefined }, /has no branch main: push it/],
  ["ahead by other files", { remote: { commit: "b".repeat(40) }, same: true }, undefined],
  ["not to be asked from here", { remote: undefined, same: undefined }, undefined],
])("Git: %s", (_, git, message) => {
  expect(findMissing({ ...ready, git: { ...pushed, ...git } })).toEqual(
    message === undefined ? [] : [expect.stringMatching(message)],
  );
});
