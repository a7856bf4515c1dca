import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type Finding, formatFinding } from "../lib/domain/finding.ts";
import { readPipeline } from "../lib/domain/pipeline-file.ts";
import { planGenerated } from "../lib/domain/plan-generated.ts";
import { UserError } from "../lib/domain/user-error.ts";
import { parseVersions, VERSIONS_FILE } from "../lib/domain/versions.ts";
import { mapMemory } from "../lib/testing/map-memory.ts";
import { type MemoryWorkspace, memoryWorkspace } from "../lib/testing/memory-workspace.ts";
import { silentLogger } from "../lib/testing/silent-logger.ts";
import { loadInputs } from "./inputs.ts";
import { type Ports, run } from "./run.ts";

const root = join(import.meta.dirname, "../..");
const FILE = "pipelines/breweries/pipeline.yaml";
const SQL = "pipelines/breweries/gold/breweries_by_type_and_location.sql";
const text = readFileSync(join(root, FILE), "utf8");
const versions = readFileSync(join(root, VERSIONS_FILE), "utf8");
const OVERLAY = "overlays/local/kustomization.yaml";

const sources: Record<string, string> = {
  [FILE]: text,
  [SQL]: readFileSync(join(root, SQL), "utf8"),
  [VERSIONS_FILE]: versions,
  [OVERLAY]: "resources: [cicd]\n",
  "overlays/local/cicd/kustomization.yaml": "resources: []\n",
  "overlays/local/cicd/environment.yaml": "kind: ConfigMap\ndata: { registry: localhost:5001 }\n",
};

/** A repository whose generated files are up to date. */
function repository(): Record<string, string> {
  const { pipeline } = readPipeline(FILE, text);
  if (pipeline === undefined) throw new Error("breweries is not valid");
  const tree = new Map(Object.entries(sources).filter(([path]) => !path.startsWith("pipelines/")));
  const edits = planGenerated({ tree, pipelines: [pipeline.pipeline], versions: parseVersions(versions).of });
  return { ...sources, ...(Object.fromEntries(edits) as Record<string, string>) };
}

const CONFIG_MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: environment, namespace: cicd }\n";

/** The least that an environment renders to: its root, by which the root itself is synced. */
const RENDERED = `apiVersion: v1
kind: Namespace
metadata: { name: cicd }
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: appprojects.argoproj.io }
spec: { group: argoproj.io, names: { kind: AppProject }, scope: Namespaced }
---
apiVersion: argoproj.io/v1alpha1
kind: AppProject
metadata: { name: root, namespace: cicd }
spec:
  sourceRepos: [https://git.example/r.git]
  destinations: [{ server: https://kubernetes.default.svc, namespace: cicd }]
  clusterResourceWhitelist: [{ group: "*", kind: "*" }]
---
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: { name: root, namespace: cicd }
spec:
  project: root
  source: { repoURL: https://git.example/r.git, path: overlays/local/cicd }
  destination: { server: https://kubernetes.default.svc, namespace: cicd }
`;

interface TestPorts extends Ports {
  workspace: MemoryWorkspace;
  rendered: string[];
}

/** The renderer gives an empty stream, the validator counts documents: what they really do their own tests show. */
function ports(more: Partial<Ports> & { files?: Record<string, string | undefined> } = {}): TestPorts {
  const rendered: string[] = [];
  const files = Object.entries({ ...repository(), ...more.files }).filter(
    ([, content]) => content !== undefined,
  );
  return {
    workspace: memoryWorkspace(Object.fromEntries(files) as Record<string, string>),
    rendered,
    renderer: more.renderer ?? {
      render: async (folder) => {
        rendered.push(folder);
        return RENDERED;
      },
    },
    validator: more.validator ?? { validate: async () => ({ checked: 4, problems: [] }) },
    logger: silentLogger(),
  };
}

async function told(at: Ports, fix = false): Promise<string[]> {
  return (await run({ fix }, at)).annotations.map(formatFinding);
}

describe("run", () => {
  test("a repository without a mistake is valid, and its environment was rendered", async () => {
    const at = ports();
    const result = await run({ fix: false }, at);
    expect(result.annotations.filter(({ rule }) => rule !== "images/unused")).toEqual([]);
    expect(at.rendered).toContain("overlays/local/cicd");
    expect(result.outputs.objects).toBe("4");
  });

  test("one broken pipeline keeps neither the next nor the overlays from being checked", async () => {
    const ales = "pipelines/ales/pipeline.yaml";
    const broken = text.replace("name: breweries\n", "name: ales\n").replace("write: merge", "wirte: merge");
    const at = ports({ files: { [FILE]: text.replace("keys: [id]", "keys: [id"), [ales]: broken } });
    const result = await run({ fix: false }, at);
    const rules = result.annotations.map(({ file, rule }) => `${file} ${rule}`);
    expect(rules).toContain(`${ales} pipeline/unknown-key`);
    expect(rules).toContain(`${FILE} yaml/syntax`);
    expect(at.rendered).toContain("overlays/local/cicd");
    expect(rules.filter((rule) => rule.includes("generated/"))).toEqual([]);
    expect(result.ok).toBe(false);
    expect(result.summary).toContain("Generated files were not compared: not every pipeline could be read.");
  });

  test("what was remembered without the programs does not stand for what they say", async () => {
    const renderer = { render: async () => RENDERED, inputs: async () => ({ present: [], absent: [] }) };
    const made = ports({ renderer, files: { ".github/workflows/a.yml": "on: push" } });
    const ids = new Map((await made.workspace.list("")).map(({ path, bytes }) => [path, `100644 ${bytes}`]));
    const workspace = { ...made.workspace, contentIds: async () => ids };
    const at = { ...made, workspace, memory: mapMemory() };
    let asked = 0;
    const check = async (): Promise<Finding[]> => {
      asked += 1;
      const place = { file: ".github/workflows/a.yml", line: 1, column: 1 };
      return [{ rule: "workflow/zizmor", severity: "error", message: "no permissions", ...place }];
    };
    const rules = async (more: Partial<Ports>): Promise<string[]> =>
      (await run({ fix: false }, { ...at, ...more })).annotations.map(({ rule }) => rule);
    expect(await rules({})).not.toContain("workflow/zizmor");
    expect(await rules({ workflows: { check } })).toContain("workflow/zizmor");
    expect(await rules({ workflows: { check } })).toContain("workflow/zizmor");
    expect(asked).toBe(1);
    expect(await rules({})).not.toContain("workflow/zizmor");
  });

  test("findings are ordered by file, line and column, and the outputs count the errors", async () => {
    const wrong = text.replace("severity: fail", "severity: error").replace("kind: Pipeline", "kind: Pipe");
    const result = await run(
      { fix: false },
      ports({ files: { [FILE]: wrong, [SQL]: "select 1 from nowhere" } }),
    );
    const lines = result.annotations.filter(({ file }) => file === FILE).map(({ line }) => line);
    expect(lines).toEqual([3, 48]);
    expect(result.outputs.errors).toBe(
      String(result.annotations.filter(({ severity }) => severity === "error").length),
    );
  });

  test("what is stale is told, and written with `fix`", async () => {
    const stale = "manifests/processing/pipelines/breweries/gold.yaml";
    const at = ports({ files: { [stale]: undefined } });
    expect(await told(at)).toContainEqual(
      expect.stringContaining(`${stale}:1:1: error: the generated file is missing`),
    );
    expect(at.workspace.files.has(stale)).toBe(false);
    const fixed = await run({ fix: true }, at);
    expect(fixed.annotations.filter(({ rule }) => rule.startsWith("generated/"))).toEqual([]);
    expect(fixed.summary).toContain(`Written: \`${stale}\`.`);
    expect(at.workspace.text(stale)).toBe(repository()[stale]);
  });

  test("nothing is written where a pipeline cannot be read", async () => {
    const stale = "manifests/processing/pipelines/breweries/gold.yaml";
    const at = ports({ files: { [FILE]: "kind: [", [stale]: undefined } });
    await run({ fix: true }, at);
    expect(at.workspace.files.has(stale)).toBe(false);
  });

  test("an object that was rendered and not checked is an error", async () => {
    const renderer = { render: async () => `${CONFIG_MAP}---\n${CONFIG_MAP}` };
    const validator = { validate: async () => ({ checked: 1, problems: [] }) };
    expect(await told(ports({ renderer, validator }))).toContainEqual(
      expect.stringContaining(`${OVERLAY}:1:1: error: 2 objects were rendered and 1 checked`),
    );
  });

  test("what is wrong with an object is told where a person edits it", async () => {
    const source = "manifests/cicd/environment.yaml";
    const problem = { apiVersion: "v1", kind: "ConfigMap", name: "environment", namespace: "cicd" };
    const at = ports({
      files: { [source]: `${CONFIG_MAP}data:\n  registry: 5\n` },
      renderer: { render: async () => CONFIG_MAP },
      validator: {
        validate: async () => ({
          checked: 1,
          problems: [
            {
              ...problem,
              code: "schema" as const,
              path: "/data/registry",
              message: "got number",
              line: 1,
              column: 1,
            },
          ],
        }),
      },
    });
    expect(await told(at)).toContainEqual(
      expect.stringContaining(
        `${source}:5:13: error: ConfigMap cicd/environment at /data/registry: got number`,
      ),
    );
  });

  test("an overlay that does not render is a finding beside the others", async () => {
    const finding = {
      rule: "kustomize/missing",
      severity: "error",
      file: OVERLAY,
      line: 1,
      column: 13,
      message: "x",
    } as const;
    const at = ports({
      files: { [SQL]: "select 1 from silver.ales" },
      renderer: { render: async () => Promise.reject(new UserError([finding])) },
    });
    const result = await run({ fix: false }, at);
    expect(result.annotations.map(({ rule }) => rule)).toEqual([
      "kustomize/missing",
      "pipeline/unknown-table",
    ]);
    expect(result.summary).toContain("`overlays/local`: not checked.");
  });

  test("a tool that cannot be had ends the run: it is no finding, and never a success", async () => {
    const validator = { validate: async () => Promise.reject(new UserError("install Go 1.26")) };
    await expect(run({ fix: false }, ports({ validator }))).rejects.toThrow("install Go 1.26");
  });

  test("a render without an object is no answer, and never a success", async () => {
    const renderer = { render: async () => "" };
    await expect(run({ fix: false }, ports({ renderer }))).rejects.toThrow(
      "rendering overlays/local gave nothing, so nothing is known of it",
    );
  });

  test("what the change touches is told first", async () => {
    const wrong = text.replace("severity: fail", "severity: error").replace("kind: Pipeline", "kind: Pipe");
    const changes = { since: async () => new Map([[FILE, [[48, 48]] as const]]) };
    const at = { ...ports({ files: { [FILE]: wrong, [SQL]: "select 1 from nowhere" } }), changes };
    const lines = async (base?: string): Promise<string[]> =>
      (await run({ fix: false, base }, at)).annotations
        .filter(({ rule }) => rule.startsWith("pipeline/"))
        .map(({ file, line }) => `${file}:${line}`);
    expect((await lines("HEAD^1"))[0]).toBe(`${FILE}:48`);
    expect((await lines())[0]).not.toBe(`${FILE}:48`);
  });

  test("the whole list is written as files, whose paths are outputs", async () => {
    const written = new Map<string, string>();
    const reports = {
      write: async (name: string, content: string) => {
        written.set(name, content);
        return `/reports/${name}`;
      },
    };
    const at = { ...ports({ files: { [SQL]: "select 1 from nowhere" } }), reports };
    const { annotations, outputs } = await run({ fix: false }, at);
    expect(outputs).toMatchObject({ sarif: "/reports/validation.sarif", json: "/reports/validation.json" });
    expect(JSON.parse(written.get("validation.json") ?? "").findings).toEqual(annotations);
    expect(JSON.parse(written.get("validation.sarif") ?? "").runs[0].results).toHaveLength(
      annotations.length,
    );
    expect((await run({ fix: false }, ports())).outputs).not.toHaveProperty("sarif");
  });

  test("a pipeline's file under another name is not left out without a word", async () => {
    for (const name of ["pipeline.yml", "pipelines.yaml", "Pipeline.YAML"]) {
      const file = `pipelines/ales/${name}`;
      expect(await told(ports({ files: { [file]: text } }))).toContainEqual(
        expect.stringContaining(`${file}:1:1: error: a pipeline's file is not called \`${name}\``),
      );
    }
  });
});

test.each(["fix", "programs"])("input `%s`", (name) => {
  const given = (input: string): string => ({ fix: "false", programs: "false", [name]: "true" })[input] ?? "";
  const wanted = { fix: false, programs: false, base: undefined, report: undefined };
  expect(loadInputs(given)).toEqual({ ...wanted, [name]: true });
  expect(loadInputs((input) => (input === name ? "false" : given(input)))).toEqual(wanted);
});

test("input `fix` takes nothing else", () => {
  expect(() => loadInputs(() => "yes")).toThrow("Input `fix` is `yes`");
});
