import { describe, expect, test } from "vitest";
import { planContents, planDagsContents, planImages, type SourceFile } from "./plan-images.ts";
import type { PipelineShape } from "./spark-steps.ts";
import { UserError } from "./user-error.ts";

const breweries: PipelineShape = {
  metadata: { name: "breweries" },
  spec: { storage: { format: "delta", bucket: "lakehouse" } },
};
const source = (path: string, more: Partial<SourceFile> = {}): SourceFile => ({
  path,
  bytes: 1,
  executable: false,
  symlink: false,
  ...more,
});
const tree = [
  "pipelines/breweries/pipeline.yaml",
  "pipelines/breweries/silver/clean.sql",
  "pipelines/breweries/quality/rules.py",
  "pipelines/breweries/gold/mart.sql",
  "pipelines/breweries/README.md",
  "pipelines/breweries-other/silver/not-this.sql",
  "pipelines/runtime/pyproject.toml",
  "pipelines/runtime/wavehouse/__init__.py",
  "pipelines/runtime/wavehouse/__pycache__/x.cpython-311.pyc",
  "pipelines/runtime/wavehouse/ingest/http.py",
  "pipelines/runtime/wavehouse/dags/build.py",
  "pipelines/runtime/wavehouse/tests/test_x.py",
  "pipelines/runtime/wavehouse/testing.py",
  "pipelines/runtime/wavehouse/class_archive.py",
  "pipelines/runtime/wavehouse/jobs/silver.py",
  "pipelines/runtime/wavehouse/jobs/test_silver.py",
].map((path) => source(path));

describe("planContents", () => {
  test("gives each step its own files, the pipeline's file, and the runtime's part that jobs need", () => {
    const images = planContents(breweries, tree);
    const shared = [
      "opt/wavehouse/pipeline/pipeline.yaml",
      "opt/wavehouse/runtime/wavehouse/__init__.py",
      "opt/wavehouse/runtime/wavehouse/jobs/silver.py",
    ];
    expect(images.map(({ name, files }) => [name, [...files.keys()].sort()])).toEqual([
      ["breweries-silver", [...shared, "opt/wavehouse/pipeline/silver/clean.sql"].sort()],
      ["breweries-tests", [...shared, "opt/wavehouse/pipeline/quality/rules.py"].sort()],
      ["breweries-gold", [...shared, "opt/wavehouse/pipeline/gold/mart.sql"].sort()],
    ]);
  });

  test.each([
    [
      "a symbolic link",
      [source("pipelines/breweries/silver/link.sql", { symlink: true })],
      "pipelines/breweries/silver/link.sql:1:1: error: a symbolic link cannot go into an image; put the file itself here [image/symlink]",
    ],
    [
      "a file over 100 MiB",
      [source("pipelines/breweries/gold/data.bin", { bytes: 2 * 1024 ** 3 })],
      "pipelines/breweries/gold/data.bin:1:1: error: the file has 2048 MiB, an image takes at most 100 MiB a file; keep data in the object store, or add the file to .gitignore [image/large-file]",
    ],
    [
      "files that differ only in case",
      [source("pipelines/breweries/gold/Mart.sql")],
      "pipelines/breweries/gold/Mart.sql:1:1: error: the name differs only in case (or in how it writes accents) from pipelines/breweries/gold/mart.sql; rename one of them [image/same-name]",
    ],
    [
      "folders that differ only in case",
      [source("pipelines/breweries/gold/Sub/a.sql"), source("pipelines/breweries/gold/sub/b.sql")],
      "pipelines/breweries/gold/sub/b.sql:1:1: error: the name differs only in case (or in how it writes accents) from pipelines/breweries/gold/Sub/a.sql; rename one of them [image/same-name]",
    ],
    [
      "accents written in two ways",
      [source("pipelines/breweries/gold/\u00e9.sql"), source("pipelines/breweries/gold/e\u0301.sql")],
      "(or in how it writes accents)",
    ],
    [
      "a link in the runtime, told once",
      [source("pipelines/runtime/wavehouse/link.py", { symlink: true })],
      /^pipelines\/runtime\/wavehouse\/link\.py:1:1: [^\n]*$/,
    ],
  ])("refuses %s", (_, more, message) => {
    expect(() => planContents(breweries, [...tree, ...more])).toThrow(message);
    expect(() => planContents(breweries, [...tree, ...more])).toThrow(UserError);
  });

  test("does not mind links and large files that go into no image", () => {
    const beside = source("pipelines/breweries/sample.csv", { symlink: true, bytes: 1e12 });
    expect(planContents(breweries, [...tree, beside])).toHaveLength(3);
  });
});

describe("planDagsContents", () => {
  test("holds the DAG builder and every pipeline, and nothing that is for Spark or for trying out", () => {
    const more = ["pipelines/breweries/sample/breweries.json", "pipelines/breweries/tests/test_mart.py"];
    const [dags, ...others] = planDagsContents(["breweries"], [...tree, ...more.map((path) => source(path))]);
    expect(others).toEqual([]);
    expect(dags?.name).toBe("dags");
    expect([...(dags?.files.keys() ?? [])]).toEqual([
      "opt/wavehouse/pipelines/breweries/pipeline.yaml",
      "opt/wavehouse/pipelines/breweries/silver/clean.sql",
      "opt/wavehouse/pipelines/breweries/quality/rules.py",
      "opt/wavehouse/pipelines/breweries/gold/mart.sql",
      "opt/wavehouse/pipelines/breweries/README.md",
      "opt/wavehouse/runtime/wavehouse/__init__.py",
      "opt/wavehouse/runtime/wavehouse/ingest/http.py",
      "opt/wavehouse/runtime/wavehouse/dags/build.py",
    ]);
  });

  test("refuses what no image takes", () => {
    const link = source("pipelines/breweries/silver/link.sql", { symlink: true });
    expect(() => planDagsContents(["breweries"], [link])).toThrow("a symbolic link cannot go into an image");
  });
});

describe("planImages", () => {
  const contents = (changed: Record<string, string> = {}): Map<string, Uint8Array> =>
    new Map(tree.map(({ path }) => [path, Buffer.from(changed[path] ?? `content of ${path}`)]));
  const tags = (
    changed: Record<string, string> = {},
    base: string | undefined = undefined,
    files: readonly SourceFile[] = tree,
  ): string[] =>
    planImages(planContents(breweries, files), contents(changed), { registry: "localhost:5001", base }).map(
      ({ tag }) => tag,
    );

  test("gives these very tags on every machine", () => {
    expect(tags()).toEqual(["3de7153defb1f5b7", "c49cee0642bed5d0", "818c703f0e5883d2"]);
  });

  test("names image, tag and registry", () => {
    const [silver] = planImages(planContents(breweries, tree), contents(), {
      registry: "ghcr.io/acme",
      base: undefined,
    });
    expect(silver).toMatchObject({
      name: "breweries-silver",
      repository: "ghcr.io/acme/breweries-silver",
      reference: `ghcr.io/acme/breweries-silver:${silver?.tag}`,
    });
  });

  const moved = (other: string[]): boolean[] => tags().map((tag, index) => tag !== other[index]);

  test.each([
    ["the SQL of gold", { "pipelines/breweries/gold/mart.sql": "x" }, [false, false, true]],
    ["the runtime", { "pipelines/runtime/wavehouse/jobs/silver.py": "x" }, [true, true, true]],
    ["what no image holds", { "pipelines/runtime/wavehouse/dags/build.py": "x" }, [false, false, false]],
  ])("a change in %s moves just the tags of the images that hold it", (_, changed, expected) => {
    expect(moved(tags(changed))).toEqual(expected);
  });

  test("the base, a file's mode and its name are part of the tag; the order of the files is not", () => {
    expect(moved(tags({}, `sha256:${"0".repeat(64)}`))).toEqual([true, true, true]);
    const executable = tree.map((file) =>
      file.path.endsWith("mart.sql") ? { ...file, executable: true } : file,
    );
    expect(moved(tags({}, undefined, executable))).toEqual([false, false, true]);
    expect(tags({}, undefined, [...tree].reverse())).toEqual(tags());
  });
});
