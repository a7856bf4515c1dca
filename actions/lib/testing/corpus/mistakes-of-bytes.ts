import type { Mistake } from "./mistake.ts";

const PIPELINE = "pipelines/breweries/pipeline.yaml";
const BASE = "manifests/database/postgres/service.yaml";
const KUSTOMIZATION = "manifests/database/postgres/kustomization.yaml";
const OVERLAY = "overlays/local/database/postgres/kustomization.yaml";
const GENERATED = "manifests/processing/pipelines/breweries/silver.yaml";

const COUNTS = "pipelines/breweries/gold/breweries_by_type_and_location.sql";
const CONFIG_MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: x, namespace: database }\ndata:\n";

/** Aliases of aliases, which together stand for a thousand million texts. */
const LAUGHS = ["a: &a [x, x, x, x, x, x, x, x, x, x]"]
  .concat(
    [..."bcdefghi"].map(
      (name, index) => `${name}: &${name} [${Array(10).fill(`*${"abcdefgh"[index]}`).join(", ")}]`,
    ),
  )
  .join("\n");

/**
 * Files that are wrong as a whole: their bytes, their size, their place.
 *
 * @param files the repository's text by path
 */
export function bytesOfMistakes(files: Readonly<Record<string, string>>): Mistake[] {
  const bytes = (path: string): Uint8Array => new TextEncoder().encode(files[path]);
  const latin = (path: string): Uint8Array => Uint8Array.of(...bytes(path), 0x23, 0x20, 0xe9, 0x0a);
  const lines = (path: string): number => (files[path] ?? "").split("\n").length;
  const deep = `${"[".repeat(5000)}${"]".repeat(5000)}`;
  const rows: [name: string, rule: string, file: string, line: number, changes: Mistake["changes"]][] = [
    ["not UTF-8", "file/not-utf8", PIPELINE, lines(PIPELINE), { [PIPELINE]: latin(PIPELINE) }],
    ["an overlay that is not UTF-8", "file/not-utf8", OVERLAY, lines(OVERLAY), { [OVERLAY]: latin(OVERLAY) }],
    ["10 MB", "file/too-large", PIPELINE, 1, { [PIPELINE]: new Uint8Array(10_000_000).fill(0x23) }],
    ["a base of 10 MB", "file/too-large", BASE, 1, { [BASE]: new Uint8Array(10_000_000).fill(0x23) }],
    ["empty", "yaml/empty", PIPELINE, 1, { [PIPELINE]: "" }],
    ["billion laughs", "yaml/alias-expansion", PIPELINE, 4, { [PIPELINE]: `${LAUGHS}\n` }],
    [
      "a kustomization of billion laughs",
      "yaml/alias-expansion",
      KUSTOMIZATION,
      4,
      { [KUSTOMIZATION]: `${LAUGHS}\n` },
    ],
    [
      "a base of billion laughs",
      "yaml/alias-expansion",
      BASE,
      lines(BASE) + 8,
      { [BASE]: `${files[BASE]}---\n${CONFIG_MAP}${LAUGHS.replace(/^/gm, "  ")}\n` },
    ],
    [
      "a base of 20,000 levels",
      "kustomize/yaml",
      BASE,
      lines(BASE) + 5,
      { [BASE]: `${files[BASE]}---\n${CONFIG_MAP}  a: ${"[".repeat(20_000)}${"]".repeat(20_000)}\n` },
    ],
    [
      "a key that stands twice in a base",
      "kustomize/yaml",
      BASE,
      lines(BASE),
      { [BASE]: `${files[BASE]}spec: {}\n` },
    ],
    [
      "a control character in a base",
      "kustomize/yaml",
      BASE,
      lines(BASE),
      { [BASE]: `${files[BASE]}# \u0007\n` },
    ],
    [
      "SQL of 50,000 parentheses",
      "pipeline/sql-syntax",
      COUNTS,
      1,
      { [COUNTS]: `select ${"(".repeat(50_000)}1${")".repeat(50_000)} as a from silver.breweries\n` },
    ],
    ["5,000 levels", "yaml/too-deep", PIPELINE, 1, { [PIPELINE]: `a: ${deep}\n` }],
    ["an anchor in itself", "yaml/anchor-loop", PIPELINE, 1, { [PIPELINE]: "a: &a [*a]\n" }],
    ["an unknown anchor", "yaml/unknown-anchor", PIPELINE, 1, { [PIPELINE]: "a: *b\n" }],
    [
      "two documents",
      "yaml/multiple-documents",
      PIPELINE,
      lines(PIPELINE),
      { [PIPELINE]: `${files[PIPELINE]}---\na: 1\n` },
    ],
    ["a directive", "yaml/directive", PIPELINE, 1, { [PIPELINE]: `%YAML 1.1\n---\n${files[PIPELINE]}` }],
    [
      "a control character",
      "yaml/control-character",
      PIPELINE,
      lines(PIPELINE),
      { [PIPELINE]: `${files[PIPELINE]}# \u0007\n` },
    ],
    [
      "a kustomization that builds on itself",
      "kustomize/cycle",
      KUSTOMIZATION,
      5,
      { [KUSTOMIZATION]: (files[KUSTOMIZATION] ?? "").replace("  - external-secret.yaml", "  - .") },
    ],
    [
      "an overlay that builds on itself",
      "kustomize/cycle",
      OVERLAY,
      4,
      { [OVERLAY]: (files[OVERLAY] ?? "").replace("../../../../manifests/database/postgres", "../postgres") },
    ],
    [
      "a pipeline's file under another name",
      "pipeline/file-name",
      "pipelines/wine/pipeline.yml",
      1,
      { "pipelines/wine/pipeline.yml": files[PIPELINE] ?? "" },
    ],
    [
      "a generated file that is gone",
      "generated/missing",
      "apps/pipelines/breweries.yaml",
      1,
      { "apps/pipelines/breweries.yaml": null },
    ],
    [
      "a generated file of no pipeline",
      "generated/left-over",
      "manifests/processing/pipelines/wine/silver.yaml",
      1,
      { "manifests/processing/pipelines/wine/silver.yaml": files[GENERATED] ?? "" },
    ],
    [
      "an overlay of no pipeline",
      "generated/orphaned-overlay",
      "overlays/local/processing/pipelines/wine/kustomization.yaml",
      1,
      { "overlays/local/processing/pipelines/wine/kustomization.yaml": "resources: []\n" },
    ],
    ["a base without its file", "kustomize/missing", KUSTOMIZATION, 7, { [BASE]: null }],
    [
      "an overlay without its kustomization",
      "kustomize/no-kustomization",
      "overlays/local/kustomization.yaml",
      7,
      { [OVERLAY]: null },
    ],
    [
      "SQL that is gone",
      "pipeline/missing-file",
      PIPELINE,
      57,
      { "pipelines/breweries/gold/breweries_by_type_and_location.sql": null },
    ],
    [
      "SQL that is empty",
      "pipeline/sql-syntax",
      "pipelines/breweries/gold/breweries_by_type_and_location.sql",
      1,
      { "pipelines/breweries/gold/breweries_by_type_and_location.sql": "" },
    ],
    [
      "a folder with a space, and a mistake in it",
      "pipeline/bad-format",
      "pipelines/my wine/pipeline.yaml",
      5,
      {
        "pipelines/my wine/pipeline.yaml": (files[PIPELINE] ?? "").replace(
          "name: breweries",
          "name: my wine",
        ),
      },
    ],
  ];
  return rows.map(([name, rule, file, line, changes]) => ({
    name: `${rule}: ${name}`,
    rule,
    file,
    line,
    changes,
  }));
}
