import { cp, readdir, readFile } from "node:fs/promises";
import { join, posix } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { parse } from "yaml";
import { gitWorkspace } from "../actions/lib/adapters/git-workspace.ts";
import { goTool } from "../actions/lib/adapters/go-tools.ts";
import { kubeconform } from "../actions/lib/adapters/kubeconform.ts";
import { kustomizeRenderer } from "../actions/lib/adapters/kustomize.ts";
import { runProcess } from "../actions/lib/adapters/process.ts";
import { checkApplications } from "../actions/lib/domain/check-applications.ts";
import { checkImages } from "../actions/lib/domain/check-images.ts";
import { environmentsOf, registryOf } from "../actions/lib/domain/environments.ts";
import { formatFinding } from "../actions/lib/domain/finding.ts";
import { imageFields } from "../actions/lib/domain/image-fields.ts";
import { readPipeline } from "../actions/lib/domain/pipeline-file.ts";
import type { GenerateInput } from "../actions/lib/domain/plan-generated.ts";
import { planGenerated } from "../actions/lib/domain/plan-generated.ts";
import { parseRendered, type RenderedObject } from "../actions/lib/domain/rendered-objects.ts";
import { imageName, sparkStepsOf } from "../actions/lib/domain/spark-steps.ts";
import { parseVersions, VERSIONS_FILE } from "../actions/lib/domain/versions.ts";
import { environmentWaves, isApplication, type WaveStep } from "../actions/lib/domain/waves.ts";
import type { ManifestRenderer } from "../actions/lib/ports/manifest-renderer.ts";
import type { ManifestValidator } from "../actions/lib/ports/manifest-validator.ts";
import { temporaryFolder } from "../actions/lib/testing/temporary-folder.ts";
import { readGenerateInput } from "./generate/read-generate-input.ts";

const root = join(import.meta.dirname, "..");
const toolsDir = join(root, "scripts/tools");
let renderer: ManifestRenderer;
let repository: GenerateInput;
let stream: string;
let objects: RenderedObject[];
let steps: WaveStep[];

beforeAll(async () => {
  renderer = kustomizeRenderer({ root, toolsDir, kustomize: await goTool("kustomize", toolsDir) });
  repository = await readGenerateInput(gitWorkspace(root));
  stream = await renderer.render("overlays/local");
  objects = parseRendered(stream);
  steps = await environmentWaves("local", async (folder) => parseRendered(await renderer.render(folder)));
});

interface Asking {
  data?: { remoteRef: { key: string } }[];
  dataFrom?: { extract: { key: string } }[];
}

test("the operator may read every secret that a component asks for", async () => {
  const role = objects.find(({ kind, metadata }) => kind === "Role" && metadata.name === "source-secrets");
  const rules = (role?.rules ?? []) as { resourceNames?: string[] }[];
  const readable = new Set(rules.flatMap(({ resourceNames = [] }) => resourceNames));
  // In no overlay here, and in those of others.
  const base = "manifests/cicd/argo-cd-notifications/external-secret.yaml";
  const asking = [...objects, ...parseRendered(await readFile(join(root, base), "utf8"))];
  const asked = asking
    .filter(({ kind }) => kind === "ExternalSecret")
    .flatMap(({ spec }) => {
      const { data = [], dataFrom = [] } = spec as Asking;
      return [...data.map(({ remoteRef }) => remoteRef.key), ...dataFrom.map(({ extract }) => extract.key)];
    });
  expect(new Set(asked).size).toBeGreaterThan(4);
  expect(asked.filter((key) => !readable.has(key))).toEqual([]);
});

test("there is an overlay to test", () => {
  expect(environmentsOf(repository.tree.keys())).toContain("local");
});

async function validator(): Promise<ManifestValidator> {
  const versions = parseVersions(await readFile(join(root, VERSIONS_FILE)));
  return kubeconform({ toolsDir, kubernetesVersion: versions.of.kubernetes });
}

test("every object passes its strict schema, those of Argo CD's and the Spark operator's kinds too", async () => {
  const { validate } = await validator();
  expect(await validate(stream)).toEqual({ checked: objects.length, problems: [] });
  const kinds = new Set(objects.map((object) => object.kind));
  expect(kinds).toContain("Application");
  expect(kinds).toContain("ScheduledSparkApplication");
  const misspelt = stream.replace("suspend: true", "suspended: true");
  expect((await validate(misspelt)).problems).toEqual([
    expect.objectContaining({
      kind: "ScheduledSparkApplication",
      message: expect.stringContaining("suspended"),
    }),
  ]);
});

test("Applications sync all of it, in waves, within their projects", () => {
  const { tree } = repository;
  expect(checkApplications({ environment: "local", objects, steps, tree }).map(formatFinding)).toEqual([]);
  const waves = new Map(steps.map(({ application, wave }) => [application, wave]));
  expect(waves.get("namespaces")).toBe(0);
  for (const { metadata } of repository.pipelines) expect(waves.get(`pipeline-${metadata.name}`)).toBe(6);
});

test("the repository, the revision and the environment reach every Application and project", () => {
  const text = JSON.stringify(objects);
  expect(text).not.toMatch(/REPO_URL|TARGET_REVISION|ENVIRONMENT/);
  expect(
    objects.filter((object) => object.metadata.annotations?.["config.kubernetes.io/local-config"]),
  ).toEqual([]);
  for (const { kind, spec } of objects as { kind: string; spec?: { source?: { path: string } } }[]) {
    if (kind === "Application") expect(spec?.source?.path).toMatch(/^overlays\/local\//);
  }
});

test("the commit that Argo CD writes into the root's folder reaches every child, and the root follows the branch", async () => {
  const commit = "0123456789abcdef0123456789abcdef01234567";
  const folder = await temporaryFolder();
  for (const part of ["apps", "overlays"])
    await cp(join(root, part), join(folder, part), { recursive: true });
  const kustomize = await goTool("kustomize", toolsDir);
  const cicd = join(folder, "overlays/local/cicd");
  // As Argo CD does with the root's commonAnnotations.
  const args = ["edit", "add", "annotation", `wavehouse.dev/revision:${commit}`];
  await runProcess({ file: kustomize, args, cwd: cicd });
  const rendered = parseRendered(
    await kustomizeRenderer({ root: folder, kustomize }).render("overlays/local/cicd"),
  );
  const revisions = new Map(
    rendered.filter(isApplication).map(({ metadata, spec }) => {
      return [metadata.name, (spec as { source: { targetRevision: string } }).source.targetRevision];
    }),
  );
  expect(revisions.get("root")).toBe("main");
  revisions.delete("root");
  expect(revisions.size).toBeGreaterThan(5);
  expect(new Set(revisions.values())).toEqual(new Set([commit]));
});

test("what an Application says that it is rendered from is all that it is rendered from", async () => {
  const paths = "argocd.argoproj.io/manifest-generate-paths";
  const told: string[] = [];
  for (const environment of environmentsOf(repository.tree.keys())) {
    const stream = await renderer.render(`overlays/${environment}/cicd`);
    for (const { metadata, spec } of parseRendered(stream).filter(isApplication)) {
      const value = metadata.annotations?.[paths];
      if (value === undefined) continue;
      const { path } = (spec as { source: { path: string } }).source;
      const said = value
        .split(";")
        .map((one) => (one.startsWith("/") ? one.slice(1) : posix.join(path, one)));
      const read = [...foldersReadBy(path)];
      const unsaid = read.filter((folder) => !said.some((one) => `${folder}/`.startsWith(`${one}/`)));
      expect({ application: metadata.name, environment, unsaid }).toMatchObject({ unsaid: [] });
      told.push(metadata.name);
    }
  }
  expect(new Set(told)).toEqual(new Set(["argo-cd", "external-secrets", "spark-operator"]));
});

/** A kustomization reads files of its own folder, and other folders by name: kustomize allows nothing else. */
function foldersReadBy(folder: string, found = new Set<string>()): Set<string> {
  const text = repository.tree.get(`${folder}/kustomization.yaml`);
  if (text === undefined || found.has(folder)) return found;
  found.add(folder);
  const { resources = [], components = [] } = parse(text) as { resources?: string[]; components?: string[] };
  for (const one of [...resources, ...components]) foldersReadBy(posix.join(folder, one), found);
  return found;
}

test("every image is pinned from this environment's registry, or waits to be built", () => {
  const findings = checkImages({ environment: "local", objects, tree: repository.tree });
  expect(findings.filter((finding) => finding.severity !== "notice").map(formatFinding)).toEqual([]);
  const images = objects.flatMap(imageFields).map((field) => field.image.replace(/:[^/]+$/, ""));
  const registry = registryOf(repository.tree, "local");
  const wanted = repository.pipelines.flatMap((pipeline) =>
    sparkStepsOf(pipeline).map((step) => `${registry}/${imageName(pipeline.metadata.name, step)}`),
  );
  expect(images).toEqual(expect.arrayContaining(wanted));
  expect(images.filter((image) => !image.startsWith(`${registry}/`))).toEqual([]);
});

test("every Spark template is suspended, and is told where the store is", () => {
  const templates = objects.filter((object) => object.kind === "ScheduledSparkApplication");
  expect(templates.length).toBeGreaterThan(0);
  const env = expect.arrayContaining([{ name: "WAVEHOUSE_STORE", value: "s3a://{bucket}" }]);
  const pod = { template: { spec: { containers: [expect.objectContaining({ env })] } } };
  for (const { spec } of templates) {
    expect(spec).toMatchObject({ suspend: true, template: { driver: pod, executor: pod } });
  }
});

test("every Spark driver is told of the catalog that the environment has, and no executor", () => {
  const templates = objects.filter((object) => object.kind === "ScheduledSparkApplication");
  const service = objects.find(({ kind, metadata }) => kind === "Service" && metadata.name === "nessie");
  const variables = (pod: unknown): { name: string; value?: string }[] =>
    (pod as { template: { spec: { containers: { env: { name: string; value?: string }[] }[] } } }).template
      .spec.containers[0]?.env ?? [];
  for (const { spec } of templates) {
    const { driver, executor } = (spec as { template: { driver: unknown; executor: unknown } }).template;
    const told = variables(driver).find(({ name }) => name === "WAVEHOUSE_CATALOGS")?.value ?? "{}";
    const { host, port } = new URL(JSON.parse(told).iceberg.uri);
    const { name, namespace } = service?.metadata ?? {};
    expect(host).toBe(`${name}.${namespace}.svc.cluster.local:${port}`);
    expect(service?.spec).toMatchObject({ ports: [{ port: Number(port) }] });
    expect(variables(executor).map(({ name }) => name)).not.toContain("WAVEHOUSE_CATALOGS");
  }
});

test("every namespace that is used is made, with a Pod Security level", () => {
  const namespaces = objects.filter((object) => object.kind === "Namespace");
  const used = new Set(
    objects.map((object) => object.metadata.namespace).filter((name) => name !== undefined),
  );
  expect(namespaces.map((object) => object.metadata.name)).toEqual(expect.arrayContaining([...used]));
  for (const { metadata } of namespaces) {
    expect(metadata.labels?.["pod-security.kubernetes.io/enforce"]).toBe("restricted");
  }
});

test("each kind of pipeline that the schema can say generates, renders and passes its schemas beside the others", {
  timeout: 120_000,
}, async () => {
  const pipelines = [...repository.pipelines];
  const examples = join(root, "actions/lib/testing/pipelines");
  const own = new Set(pipelines.map(({ metadata }) => metadata.name));
  for (const name of await readdir(examples)) {
    // What the repository has itself is among them already.
    if (own.has(name)) continue;
    const file = `pipelines/${name}/pipeline.yaml`;
    const { pipeline, findings } = readPipeline(file, await readFile(join(examples, name, "pipeline.yaml")));
    expect(findings).toEqual([]);
    if (pipeline !== undefined) pipelines.push(pipeline.pipeline);
  }
  expect(pipelines.length).toBeGreaterThan(repository.pipelines.length);
  const edits = planGenerated({ ...repository, pipelines });
  const tree = new Map(repository.tree);
  for (const [path, text] of edits) if (text !== null) tree.set(path, text);
  const folder = await temporaryFolder();
  for (const part of ["apps", "manifests", "overlays"]) {
    await cp(join(root, part), join(folder, part), { recursive: true });
  }
  await gitWorkspace(folder).apply(edits);
  const scratch = kustomizeRenderer({
    root: folder,
    toolsDir,
    kustomize: await goTool("kustomize", toolsDir),
  });
  const render = async (path: string): Promise<RenderedObject[]> => parseRendered(await scratch.render(path));
  const rendered = await scratch.render("overlays/local");
  const all = parseRendered(rendered);
  expect(await (await validator()).validate(rendered)).toEqual({ checked: all.length, problems: [] });
  const input = { environment: "local", objects: all, tree };
  const found = [
    ...checkApplications({ ...input, steps: await environmentWaves("local", render) }),
    ...checkImages(input),
  ];
  expect(found.filter((finding) => finding.severity !== "notice").map(formatFinding)).toEqual([]);
});
