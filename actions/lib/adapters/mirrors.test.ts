import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { resolveGoTool } from "kubeconform-wrapper";
import { beforeAll, expect, test } from "vitest";
import { formatFinding } from "../domain/finding.ts";
import { parseRendered, type RenderedObject } from "../domain/rendered-objects.ts";
import { UserError } from "../domain/user-error.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { kustomizeRenderer } from "./kustomize.ts";
import { prepareMirrors, readMirrors, renderGitConfig } from "./mirrors.ts";
import { runProcess } from "./process.ts";

const toolsDir = join(import.meta.dirname, "../../../scripts/tools");
let kustomize = "";

// Helm is built, and the modules fetched, on the first use.
beforeAll(async () => {
  kustomize = await resolveGoTool("kustomize", { toolsDir });
  await resolveGoTool("helm", { toolsDir });
  await prepareMirrors({ toolsDir });
}, 900_000);

async function render(kustomization: string, files: Readonly<Record<string, string>> = {}): Promise<string> {
  const root = await temporaryFolder();
  for (const [path, text] of Object.entries({ "base/kustomization.yaml": kustomization, ...files })) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
  const text = await kustomizeRenderer({ root, toolsDir, kustomize }).render("base");
  const { stdout } = await runProcess({ file: "find", args: [root, "-type", "f"] });
  expect(stdout.toString().trim().split("\n")).toHaveLength(1 + Object.keys(files).length);
  return text;
}

async function refusal(kustomization: string, files: Readonly<Record<string, string>> = {}): Promise<string> {
  const error = await render(kustomization, files).then(
    () => expect.fail("it rendered"),
    (cause: unknown) => cause,
  );
  if (!(error instanceof UserError)) throw error;
  return error.findings.map(formatFinding).join("\n");
}

function chart(name: string, version: string, repo: string, more = ""): string {
  return `namespace: there\nhelmCharts:\n  - name: ${name}\n    version: ${version}\n    repo: ${repo}\n    releaseName: it\n    namespace: there\n${more}`;
}

const SPARK = "https://kubeflow.github.io/spark-operator";
const VALUES = "    valuesFile: values.yaml\n";

function names(objects: readonly RenderedObject[], kind: string): string[] {
  return objects.filter((object) => object.kind === kind).map((object) => object.metadata.name);
}

test("a mirrored chart is inflated with its values, and nothing is left in the checkout", async () => {
  const text = await render(chart("spark-operator", "2.4.0", SPARK, VALUES), {
    "base/values.yaml": "controller:\n  replicas: 3\n",
  });
  const objects = parseRendered(text);
  expect(names(objects, "Deployment")).toEqual(["it-spark-operator-controller", "it-spark-operator-webhook"]);
  expect(text).toMatch(/image: ghcr.io\/kubeflow\/spark-operator\/controller:2.4.0/);
  const controller = objects.find((object) => object.kind === "Deployment");
  expect(controller?.spec).toMatchObject({ replicas: 3 });
});

test("a chart whose version is written at its release, and that bundles another, is inflated as released", async () => {
  const text = await render(
    chart("external-secrets", "0.20.4", "https://charts.external-secrets.io", VALUES),
    { "base/values.yaml": "{}\n" },
  );
  expect(text).toContain("helm.sh/chart: external-secrets-0.20.4");
  expect(text).toMatch(/image: \S+\/external-secrets:v0\.20\.4\n/);
});

test("a remote base is built on at the pinned version", async () => {
  const text = await render(
    "namespace: there\nresources:\n  - https://github.com/argoproj/argo-cd//manifests/cluster-install?ref=v3.5.7\n",
  );
  const objects = parseRendered(text);
  expect(names(objects, "StatefulSet")).toEqual(["argocd-application-controller"]);
  expect(names(objects, "CustomResourceDefinition")).toContain("applications.argoproj.io");
  expect(text).toContain("image: quay.io/argoproj/argocd:v3.5.7");
});

const ARGO = "https://github.com/argoproj/argo-cd";

test.each([
  [
    "another chart",
    chart("airflow", "1.0.0", SPARK, VALUES),
    /^base\/kustomization.yaml:3:11: error: the chart `airflow` is remote, and not mirrored; expected one of spark-operator, external-secrets; .+ \[kustomize\/chart\]$/,
  ],
  [
    "a misspelt chart",
    chart("spark-oprator", "2.4.0", SPARK, VALUES),
    /did you mean `spark-operator`\? \[kustomize\/chart\]$/,
  ],
  [
    "another repository of that name",
    chart("spark-operator", "2.4.0", "https://example.com", VALUES),
    /^base\/kustomization.yaml:5:11: error: the chart `spark-operator` of https:\/\/example.com is not mirrored; expected https:\/\/kubeflow/,
  ],
  [
    "another version",
    chart("spark-operator", "2.3.0", SPARK, VALUES),
    /^base\/kustomization.yaml:4:14: error: version "2.3.0" of the chart `spark-operator` is not mirrored; expected version: 2.4.0, which scripts\/tools\/spark-operator\/go.mod pins; make the two agree \[kustomize\/chart-version\]$/,
  ],
  [
    "a chart without values",
    chart("spark-operator", "2.4.0", SPARK),
    /^base\/kustomization.yaml:3:11: error: the chart `spark-operator` has no valuesFile; .+ \[kustomize\/chart-values\]$/,
  ],
  [
    "values that are not there",
    chart("spark-operator", "2.4.0", SPARK, "    valuesFile: vlaues.yaml\n"),
    /^base\/kustomization.yaml:8:17: error: base\/vlaues.yaml does not exist; .+ \[kustomize\/missing\]$/,
  ],
  [
    "a base at another version",
    `resources:\n  - ${ARGO}//manifests/cluster-install?ref=v3.5.6\n`,
    /^base\/kustomization.yaml:2:5: error: .+ is remote, and mirrored at another version; expected \?ref=v3.5.7, which scripts\/tools\/argo-cd\/go.mod pins; make the two agree \[kustomize\/remote\]$/,
  ],
  [
    "a base without a version",
    `resources:\n  - ${ARGO}//manifests/cluster-install\n`,
    /:2:5: error: .+ is remote; .+ \[kustomize\/remote\]$/,
  ],
  [
    "a part that is not mirrored",
    `resources:\n  - ${ARGO}//hack?ref=v3.5.7\n`,
    /:2:5: error: .+ and this part of it is not mirrored; expected a folder below manifests\/base or/,
  ],
  [
    "a mirrored address that is no base",
    `resources: []\ncomponents:\n  - ${ARGO}//manifests/cluster-install?ref=v3.5.7\n`,
    /:3:5: error: .+ is remote; .+ \[kustomize\/remote\]$/,
  ],
  [
    "any other address",
    "resources:\n  - https://github.com/argoproj/argo-workflows//manifests?ref=v3.5.7\n",
    /:2:5: error: .+ is remote; .+ \[kustomize\/remote\]$/,
  ],
])("refuses %s", async (_mistake, kustomization, says) => {
  expect(await refusal(kustomization, { "base/values.yaml": "{}\n" })).toMatch(says);
});

test("what Helm says of wrong values is told at the kustomization", async () => {
  const said = await refusal(
    chart("external-secrets", "0.20.4", "https://charts.external-secrets.io", VALUES),
    {
      "base/values.yaml": "replicaCount: many\n",
    },
  );
  expect(said).toBe(
    "base/kustomization.yaml:3:11: error: Helm: values don't meet the specifications of the schema(s) in the following chart(s): external-secrets: - at '/replicaCount': got string, want integer; correct the chart's values [kustomize/helm]",
  );
});

test("modules that cannot be had are told at the line that needs them", async () => {
  const root = await temporaryFolder();
  await mkdir(join(root, "base"));
  await writeFile(join(root, "base/kustomization.yaml"), chart("spark-operator", "2.4.0", SPARK, VALUES));
  await writeFile(join(root, "base/values.yaml"), "{}\n");
  const before = process.env;
  process.env = { ...before, PATH: "", WAVEHOUSE_CACHE: join(root, "cache") };
  try {
    const said = kustomizeRenderer({ root, toolsDir, kustomize }).render("base");
    await expect(said).rejects.toThrow(
      /^base\/kustomization.yaml:3:11: error: Go is needed to fetch .+ \[kustomize\/mirror\]$/s,
    );
  } finally {
    process.env = before;
  }
});

test("prepared mirrors cost no process, and Git's settings can be made for another place", async () => {
  const started = performance.now();
  const { gitConfig, folder } = await prepareMirrors({ toolsDir });
  expect(performance.now() - started).toBeLessThan(250);
  const mirrors = await readMirrors(toolsDir);
  expect(await readFile(gitConfig, "utf8")).toBe(renderGitConfig(mirrors, folder));
  expect(renderGitConfig(mirrors, "/opt/mirrors")).toContain(
    `[url "/opt/mirrors/git/github.com-argoproj-argo-cd.git"]\n\tinsteadOf = ${ARGO}\n`,
  );
});
