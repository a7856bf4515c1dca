import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cacheRoot } from "kubeconform-wrapper";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { bundleActions, compareBundles, listActions } from "../scripts/build/bundle-actions.ts";
import { type LoopbackRegistry, startLoopbackRegistry } from "./lib/adapters/loopback-registry.ts";
import { copyWorkingTree } from "./lib/testing/copy-working-tree.ts";
import { craneProgram } from "./lib/testing/crane-program.ts";
import { gitRepository } from "./lib/testing/git-repository.ts";
import { testGit } from "./lib/testing/test-git.ts";

const root = join(import.meta.dirname, "..");

test("actions/dist is what the sources give; if not, run `npm run build`", async () => {
  expect(await compareBundles(await bundleActions(root), join(root, "actions/dist"))).toEqual([]);
});

interface Step {
  exitCode: number;
  log: string;
  outputs: Record<string, string>;
  summary: string;
}

describe("each committed bundle, started as the runner starts it", { timeout: 120_000 }, () => {
  let folder: string;
  let repository: string;
  let registry: LoopbackRegistry;
  const proven = new Set<string>();

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "wavehouse-bundles-"));
    repository = join(folder, "work tree");
    // Without node_modules: a bundle brings all that it needs.
    await copyWorkingTree(repository);
    registry = await startLoopbackRegistry({ program: await craneProgram(), port: 0 });
  });
  afterAll(async () => {
    await registry?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  /** The defaults of `action.yml` are the runner's part, so they are filled in here too. */
  async function step(name: string, inputs: Record<string, string>, workspace = repository): Promise<Step> {
    const action = parse(await readFile(join(repository, `actions/${name}/action.yml`), "utf8")) as {
      inputs?: Record<string, { default?: string }>;
      runs: { main: string };
    };
    const given = Object.entries(action.inputs ?? {}).map(([key, { default: value = "" }]) => [
      `INPUT_${key.toUpperCase()}`,
      inputs[key] ?? value,
    ]);
    const [output, summary] = [join(folder, "output"), join(folder, "summary")];
    await Promise.all([writeFile(output, ""), writeFile(summary, "")]);
    const env = {
      PATH: process.env.PATH ?? "",
      HOME: folder,
      WAVEHOUSE_CACHE: cacheRoot(process.env),
      GITHUB_ACTIONS: "true",
      GITHUB_WORKSPACE: workspace,
      RUNNER_TEMP: folder,
      GITHUB_OUTPUT: output,
      GITHUB_STEP_SUMMARY: summary,
      ...Object.fromEntries(given),
    };
    const main = join(repository, "actions", name, action.runs.main);
    const { exitCode, log } = await new Promise<{ exitCode: number; log: string }>((resolve) => {
      const options = { cwd: workspace, env, timeout: 90_000 };
      const child = execFile(process.execPath, [main], options, (_, stdout, stderr) => {
        resolve({ exitCode: child.exitCode ?? -1, log: stdout + stderr });
      });
    });
    if (exitCode === 0) proven.add(name);
    return {
      exitCode,
      log,
      outputs: readOutputs(await readFile(output, "utf8")),
      summary: await readFile(summary, "utf8"),
    };
  }

  async function declaredOutputs(name: string): Promise<string[]> {
    const action = parse(await readFile(join(root, `actions/${name}/action.yml`), "utf8")) as {
      outputs?: object;
    };
    return Object.keys(action.outputs ?? {}).sort();
  }

  test("validate: the template is valid", async () => {
    const { exitCode, log, outputs, summary } = await step("validate", { report: join(folder, "report") });
    expect(exitCode, log).toBe(0);
    expect(Object.keys(outputs).sort()).toEqual(await declaredOutputs("validate"));
    expect(outputs.errors).toBe("0");
    expect(Number(outputs.objects)).toBeGreaterThan(5);
    expect(summary).toContain("breweries");
    // Two environments with all of their charts, and nothing of it known before.
  }, 90_000);

  test("validate: a mistake is an annotation at its line, and the step fails without a stack", async () => {
    const broken = await gitRepository({
      "pipelines/broken/pipeline.yaml": "apiVersion: wavehouse.dev/v1\nknd: 1\n",
    });
    const { exitCode, log, summary } = await step("validate", {}, broken.root);
    expect(exitCode).toBe(1);
    expect(log).toMatch(/^::error title=[\w/-]+,file=pipelines\/broken\/pipeline\.yaml,line=\d+,col=\d+::/m);
    expect(log).not.toMatch(/\n\s+at /);
    expect(summary).toContain("pipelines/broken/pipeline.yaml");
  });

  test("build-images and bump-images: pushed, told, and committed into the overlay", async () => {
    const built = await step("build-images", { registry: registry.host, pipelines: "breweries" });
    expect(built.exitCode, built.log).toBe(0);
    expect(Object.keys(built.outputs).sort()).toEqual(await declaredOutputs("build-images"));
    const images = JSON.parse(built.outputs.images ?? "") as { name: string; changed: boolean }[];
    expect(images.map(({ name, changed }) => [name, changed])).toEqual([
      ["breweries-silver", true],
      ["breweries-tests", true],
      ["breweries-gold", true],
    ]);
    const bumped = await step("bump-images", { environment: "local", images: built.outputs.images ?? "" });
    expect(bumped.exitCode, bumped.log).toBe(0);
    expect(Object.keys(bumped.outputs).sort()).toEqual(await declaredOutputs("bump-images"));
    const commit = expect.stringMatching(/^[0-9a-f]{40}$/);
    expect(bumped.outputs).toEqual({ changed: "true", commit, "pull-request": "" });
    expect(bumped.summary).toContain("breweries-silver");
  });

  test("promote, roll-back and report: what was bumped is shown to move on and back, and is on record", async () => {
    const moved = await step("promote", { from: "local", to: "minikube", "dry-run": "true" });
    expect(moved.exitCode, moved.log).toBe(0);
    expect(moved.summary).toContain("breweries-silver");
    const back = await step("roll-back", { environment: "local", to: "HEAD~1", "dry-run": "true" });
    expect(back.exitCode, back.log).toBe(0);
    expect(back.summary).toContain("breweries-silver");
    const commit = await testGit(repository)("rev-parse", "HEAD");
    const spool = join(folder, "records");
    const report = await step("report", { environment: "local", commit, spool });
    expect(report.exitCode, report.log).toBe(0);
    expect(Object.keys(report.outputs).sort()).toEqual(await declaredOutputs("report"));
    expect(report.outputs).toMatchObject({ published: "0", spooled: spool });
  });

  test("build-images: without a registry it says which input is missing, and gives no outputs", async () => {
    const { exitCode, log, outputs } = await step("build-images", {});
    expect({ exitCode, outputs }).toEqual({ exitCode: 1, outputs: {} });
    expect(log).toMatch(/^::error::Input `registry` is empty; it is required/);
  });

  test("bump-images: what is not the list of build-images is refused", async () => {
    const { exitCode, log } = await step("bump-images", { environment: "local", images: "breweries" });
    expect(exitCode).toBe(1);
    expect(log).toMatch(/^::error::Input `images` is not JSON/);
  });

  test("no action is left out", async () => {
    expect([...proven].sort()).toEqual(await listActions(root));
  });
});

/** The runner's format, `name<<delimiter`, value, delimiter. */
function readOutputs(text: string): Record<string, string> {
  const found = [...text.matchAll(/^(.+?)<<(.+)\n([\s\S]*?)\n\2\n/gm)];
  return Object.fromEntries(found.map(([, name = "", , value = ""]) => [name, value]));
}
