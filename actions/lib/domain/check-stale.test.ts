import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { checkStale } from "./check-stale.ts";
import { formatFinding } from "./finding.ts";
import { planGenerated } from "./plan-generated.ts";
import type { PipelineShape } from "./spark-steps.ts";
import { UserError } from "./user-error.ts";

const ENVIRONMENT =
  "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: environment }\ndata:\n  registry: r:5000/x\n";
const EMPTY = {
  "overlays/local/kustomization.yaml": "resources: []\n",
  "overlays/local/cicd/environment.yaml": ENVIRONMENT,
  "overlays/eks/kustomization.yaml": "resources: []\n",
  "overlays/eks/cicd/environment.yaml": ENVIRONMENT.replace("r:5000/x", "ecr.example.com/data"),
};
const SILVER = "manifests/processing/pipelines/breweries/silver.yaml";
const OVERLAY = "overlays/local/processing/pipelines/breweries/kustomization.yaml";

function pipeline(name: string): PipelineShape {
  return { metadata: { name }, spec: { storage: { format: "delta", bucket: "lakehouse" } } };
}

function input(files: Iterable<[string, string]>, ...names: string[]): Parameters<typeof planGenerated>[0] {
  return { tree: new Map(files), pipelines: names.map(pipeline), versions: { spark: "4.1.3" } };
}

/** The tree after its edits. */
function generated(...names: string[]): Map<string, string> {
  const tree = new Map(Object.entries(EMPTY));
  for (const [path, text] of planGenerated(input(tree, ...names))) if (text !== null) tree.set(path, text);
  return tree;
}

describe("planGenerated", () => {
  test("a new pipeline brings its base, its Application, and an overlay in each environment's own registry", () => {
    const edits = planGenerated(input(Object.entries(EMPTY), "breweries"));
    expect([...edits.keys()]).toEqual([
      "apps/pipelines/breweries.yaml",
      "apps/pipelines/kustomization.yaml",
      ...["access", "gold", "kustomization", "quality", "silver"].map(
        (name) => `manifests/processing/pipelines/breweries/${name}.yaml`,
      ),
      "overlays/eks/processing/pipelines/breweries/kustomization.yaml",
      "overlays/eks/processing/pipelines/kustomization.yaml",
      OVERLAY,
      "overlays/local/processing/pipelines/kustomization.yaml",
    ]);
    expect(parse(edits.get(OVERLAY) ?? "").images).toEqual(
      ["silver", "tests", "gold"].map((step) => ({
        name: `breweries-${step}`,
        newName: `r:5000/x/breweries-${step}`,
        newTag: "unbuilt",
      })),
    );
    expect(edits.get(OVERLAY.replace("local", "eks"))).toContain(
      "newName: ecr.example.com/data/breweries-gold",
    );
  });

  test("what it wrote is not stale, in whatever order the pipelines come", () => {
    const tree = generated("breweries", "ecommerce");
    expect(planGenerated(input(tree, "breweries", "ecommerce")).size).toBe(0);
    expect(planGenerated(input(tree, "ecommerce", "breweries")).size).toBe(0);
  });

  test("a bumped overlay is left alone", () => {
    const tree = generated("breweries");
    tree.set(OVERLAY, (tree.get(OVERLAY) ?? "").replaceAll("unbuilt", "0123456789abcdef"));
    expect(planGenerated(input(tree, "breweries")).size).toBe(0);
  });

  test("what is left of a pipeline that is gone is deleted, but not the overlay that people wrote", () => {
    const tree = generated("breweries", "gone");
    const edits = planGenerated(input(tree, "breweries"));
    expect([...edits].filter(([, text]) => text === null).map(([path]) => path)).toEqual([
      "apps/pipelines/gone.yaml",
      ...["access", "gold", "kustomization", "quality", "silver"].map(
        (name) => `manifests/processing/pipelines/gone/${name}.yaml`,
      ),
    ]);
    expect(parse(edits.get("apps/pipelines/kustomization.yaml") ?? "").resources).toEqual(["breweries.yaml"]);
  });

  test.each([
    { what: "no file", text: undefined, says: "environment.yaml:1:1: error: the file is missing" },
    {
      what: "no registry",
      text: "data:\n  name: local\n",
      says: "environment.yaml:2:3: error: data.registry is missing",
    },
    {
      what: "an empty registry",
      text: 'data:\n  registry: ""\n',
      says: "environment.yaml:2:13: error: data.registry",
    },
  ])("an environment with $what is the user's fault", ({ text, says }) => {
    const tree = new Map(Object.entries(EMPTY));
    if (text === undefined) tree.delete("overlays/local/cicd/environment.yaml");
    else tree.set("overlays/local/cicd/environment.yaml", text);
    expect(() => planGenerated(input(tree, "breweries"))).toThrow(UserError);
    expect(() => planGenerated(input(tree, "breweries"))).toThrow(says);
  });
});

describe("checkStale", () => {
  const cases: { mistake: string; change: (tree: Map<string, string>) => void; says: string | RegExp }[] = [
    {
      mistake: "a generated file edited by hand",
      change: (tree) => tree.set(SILVER, (tree.get(SILVER) ?? "").replace("suspend: true", "suspend: false")),
      says: /^manifests\/.+\/silver.yaml:12:12: error: the file is not as it is generated; expected `suspend: true`; run `npm run generate`/,
    },
    {
      mistake: "lines added at the end of a generated file",
      change: (tree) => tree.set(SILVER, `${tree.get(SILVER)}extra: 1\n`),
      says: /silver.yaml:\d+:1: error: .+; expected the file to end here;/,
    },
    {
      mistake: "a generated file cut short",
      change: (tree) => tree.set(SILVER, (tree.get(SILVER) ?? "").split("\n").slice(0, 4).join("\n")),
      says: /silver.yaml:4:\d+: error: .+; expected `/,
    },
    {
      mistake: "a missing generated file",
      change: (tree) => tree.delete(SILVER),
      says: `${SILVER}:1:1: error: the generated file is missing; expected it to be committed with what it is generated from; run \`npm run generate\` and commit what it writes [generated/missing]`,
    },
    {
      mistake: "a missing overlay",
      change: (tree) => tree.delete(OVERLAY),
      says: /^overlays\/local\/.+\/breweries\/kustomization.yaml:1:1: error: .+ \[generated\/missing\]$/,
    },
    {
      mistake: "a file left over",
      change: (tree) => tree.set("apps/pipelines/old.yaml", tree.get("apps/pipelines/breweries.yaml") ?? ""),
      says: /^apps\/pipelines\/old.yaml:1:1: error: .+belongs to no pipeline any more/,
    },
    {
      mistake: "an overlay left over",
      change: (tree) => tree.set(OVERLAY.replace("breweries", "old"), "resources: []\n"),
      says: /old\/kustomization.yaml:1:1: error: .+; delete the folder: git rm -r overlays\/local\/processing\/pipelines\/old /,
    },
  ];
  test.each(cases)("$mistake", ({ change, says }) => {
    const tree = generated("breweries");
    change(tree);
    const said = checkStale(input(tree, "breweries")).map(formatFinding);
    expect(said).toHaveLength(1);
    if (typeof says === "string") expect(said[0]).toBe(says);
    else expect(said[0]).toMatch(says);
  });

  test("an up-to-date tree has nothing to say", () => {
    expect(checkStale(input(generated("breweries"), "breweries"))).toEqual([]);
  });
});
