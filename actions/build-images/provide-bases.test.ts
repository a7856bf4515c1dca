import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import type { BuiltImage } from "../lib/domain/built-image.ts";
import { UserError } from "../lib/domain/user-error.ts";
import type { BaseImage, BaseImages } from "../lib/ports/base-images.ts";
import type { FileEntry } from "../lib/ports/workspace.ts";
import { memoryRegistry } from "../lib/testing/memory-registry.ts";
import { memoryWorkspace } from "../lib/testing/memory-workspace.ts";
import { silentLogger } from "../lib/testing/silent-logger.ts";
import { type Inputs, loadInputs } from "./inputs.ts";
import type { Ports } from "./ports.ts";
import { run } from "./run.ts";

const files = {
  "pipelines/breweries/pipeline.yaml": `apiVersion: wavehouse.dev/v1
kind: Pipeline
metadata: { name: breweries, owner: data-platform }
spec:
  schedule: "@daily"
  storage: { format: delta, bucket: lakehouse }
  sources: { api: { type: http, url: "https://example.org/breweries" } }
  tables: [{ name: breweries, source: api, keys: [id], write: merge, columns: { id: string } }]
`,
  "pipelines/runtime/images/spark-base/Dockerfile": "FROM scratch",
  "pipelines/runtime/images/airflow/Dockerfile": "FROM scratch",
};

const dockerfile = (image: string): string => `pipelines/runtime/images/${image}/Dockerfile`;

/** Builds by writing down what it was asked for. */
function recordedBases(refused?: string) {
  const built: string[] = [];
  const asked: (string | undefined)[] = [];
  const base = (name: string, tag: string, sources: readonly string[]): BaseImage => ({
    name,
    tag,
    sources,
    build: async (reference) => {
      if (name === refused) throw new UserError(`${reference} cannot be built: no space left`);
      built.push(reference);
      return `sha256:${createHash("sha256").update(reference).digest("hex")}`;
    },
  });
  const state = { closed: 0, built, asked, stood: [] as string[] };
  const images: BaseImages = {
    read: async (debian) => {
      asked.push(debian);
      return [
        base("spark-base", "a1", [dockerfile("spark-base")]),
        base("airflow", "b2", [dockerfile("airflow")]),
      ];
    },
    own: async (name, sources, on) => {
      state.stood.push(on);
      return base(name, "c3", sources);
    },
    close: async () => {
      state.closed += 1;
    },
  };
  return { ...images, state };
}

const inputs = (more: Partial<Inputs> = {}): Inputs => ({
  registry: "localhost:5001",
  baseImage: undefined,
  airflowImage: undefined,
  bases: true,
  pipelines: [],
  dryRun: false,
  ...more,
});

function ports(bases: BaseImages, registry = memoryRegistry(), more: Record<string, string> = {}) {
  const made: Ports = {
    workspace: memoryWorkspace({ ...files, ...more }),
    registry,
    bases,
    source: {
      facts: async () => ({
        source: "https://github.com/acme/lake",
        commit: "c".repeat(40),
        ref: "refs/heads/main",
        dirty: false,
        builder: "somebody",
        run: undefined,
        event: "push",
      }),
      lastChange: async () => ({ commit: "c".repeat(40), date: "2026-01-01T12:00:00Z" }),
    },
    signer: undefined,
    logger: silentLogger(),
  };
  return { made, registry };
}

const imagesOf = (result: { outputs: Record<string, string> }): BuiltImage[] =>
  JSON.parse(result.outputs.images ?? "null");

test("what the registry lacks is built by its Dockerfile, described, and stood on", async () => {
  const bases = recordedBases();
  const { made, registry } = ports(bases);
  const images = imagesOf(await run(inputs({ debianImage: "registry.acme.org/debian:12" }), made));
  expect(bases.state).toMatchObject({ closed: 1, asked: ["registry.acme.org/debian:12"] });
  expect(bases.state.built.sort()).toEqual([
    "localhost:5001/airflow:b2-dockerfile",
    "localhost:5001/spark-base:a1-dockerfile",
  ]);
  // The tag that all others use is written last, with what is said of it.
  expect(registry.pushed.slice(0, 2).sort()).toEqual([
    "localhost:5001/airflow:b2",
    "localhost:5001/spark-base:a1",
  ]);
  expect(registry.attached.filter((line) => line.endsWith("cyclonedx+json"))).toHaveLength(6);
  // Nothing runs spark-base itself, so no overlay names it.
  expect(images.map(({ name, changed }) => [name, changed])).toEqual([
    ["airflow", true],
    ["breweries-silver", true],
    ["breweries-tests", true],
    ["breweries-gold", true],
    ["dags", true],
  ]);
  const alone = imagesOf(await run(inputs({ bases: false }), ports(bases).made));
  expect(alone[0]?.name).toBe("breweries-silver");
  expect(alone[0]?.tag).not.toBe(images[1]?.tag);
});

test("what is there is one look-up each, and not built again", async () => {
  const { made, registry } = ports(recordedBases());
  const first = imagesOf(await run(inputs(), made));
  const bases = recordedBases();
  const again = ports(bases, memoryRegistry({ images: Object.fromEntries(registry.images) }));
  expect(imagesOf(await run(inputs(), again.made))).toEqual(
    first.map((image) => ({ ...image, changed: false })),
  );
  expect(bases.state.built).toEqual([]);
  expect(again.registry.pushed).toEqual([]);
});

test("one that an input names is not built", async () => {
  const bases = recordedBases();
  const named = `localhost:5001/spark-base:ours@sha256:${"d".repeat(64)}`;
  await run(inputs({ baseImage: named }), ports(bases).made);
  expect(bases.state.built).toEqual(["localhost:5001/airflow:b2-dockerfile"]);
});

test("a dry run builds nothing, and tells only what it can know", async () => {
  const bases = recordedBases();
  const { made, registry } = ports(bases);
  const images = imagesOf(await run(inputs({ dryRun: true }), made));
  expect(images.map(({ name, digest }) => [name, digest])).toEqual([["airflow", undefined]]);
  expect(bases.state).toMatchObject({ built: [], closed: 1 });
  expect(registry.pushed).toEqual([]);
});

test("one that cannot be built is told, nothing stands on the other, and the builder is ended", async () => {
  const bases = recordedBases("airflow");
  const { made, registry } = ports(bases);
  await expect(run(inputs(), made)).rejects.toThrow(
    "localhost:5001/airflow:b2-dockerfile cannot be built: no space left",
  );
  expect(bases.state.closed).toBe(1);
  expect(registry.pushed).toEqual(["localhost:5001/spark-base:a1"]);
});

const own = "pipelines/breweries/image/Dockerfile";

test("a pipeline with a Dockerfile stands on what that makes of the base; what lies beside it is part of it", async () => {
  const bases = recordedBases();
  const more = { [own]: "ARG BASE_IMAGE\nFROM $BASE_IMAGE\n", "pipelines/breweries/image/gdal.conf": "x" };
  const { made, registry } = ports(bases, memoryRegistry(), more);
  const images = imagesOf(await run(inputs({ airflowImage: undefined }), made));
  expect(bases.state.built).toContain("localhost:5001/breweries-base:c3-dockerfile");
  const base = registry.images.get("localhost:5001/spark-base:a1");
  expect(bases.state.stood).toEqual([`localhost:5001/spark-base@${base}`]);
  const plain = imagesOf(await run(inputs(), ports(recordedBases()).made));
  const tagOf = (list: BuiltImage[], name: string) => list.find((image) => image.name === name)?.tag;
  expect(tagOf(images, "breweries-silver")).not.toBe(tagOf(plain, "breweries-silver"));
  // Airflow does not run it.
  expect(tagOf(images, "dags")).toBe(tagOf(plain, "dags"));
  expect(images.map(({ name }) => name)).not.toContain("breweries-base");
});

test.each([
  [
    {},
    "FROM debian:12",
    `${own}:1:1: error: the image must stand on the one with Spark; found \`FROM debian:12\``,
  ],
  [{}, "# nothing", "there is no FROM"],
  [{ bases: false }, "FROM $BASE_IMAGE", "there is no image that this one could stand on"],
])("a Dockerfile that cannot be stood on is told at its line: %j %s", async (more, text, message) => {
  const { made, registry } = ports(recordedBases(), memoryRegistry(), { [own]: text });
  await expect(run(inputs(more), made)).rejects.toThrow(message);
  expect(registry.pushed.filter((reference) => reference.includes("breweries"))).toEqual([]);
});

test.each<[string, Partial<FileEntry>, RegExp]>([
  [
    "a link",
    { symlink: true },
    /^pipelines\/breweries\/image\/data:1:1: error: a symbolic link cannot go into an image/,
  ],
  ["2 GB", { bytes: 2 ** 31 }, /^pipelines\/breweries\/image\/data:1:1: error: the file has 2048 MiB/],
  [
    "a name that differs only in case",
    { path: "pipelines/breweries/image/dockerfile" },
    /^pipelines\/breweries\/image\/dockerfile:1:1: error: the name differs only in case .* from pipelines\/breweries\/image\/Dockerfile/,
  ],
])("beside a Dockerfile %s is told by its path, and never read", async (_, what, message) => {
  const bases = recordedBases();
  const { made, registry } = ports(bases, memoryRegistry(), { [own]: "ARG BASE_IMAGE\nFROM $BASE_IMAGE\n" });
  const file: FileEntry = {
    path: "pipelines/breweries/image/data",
    bytes: 1,
    executable: false,
    symlink: false,
    ...what,
  };
  const workspace = {
    ...made.workspace,
    list: async (prefix: string) => [...(await made.workspace.list(prefix)), file],
    read: async (path: string) => {
      if (path === file.path) throw new Error(`${path} was read`);
      return made.workspace.read(path);
    },
  };
  await expect(run(inputs(), { ...made, workspace })).rejects.toThrow(message);
  expect(bases.state.built.filter((reference) => reference.includes("breweries"))).toEqual([]);
  expect(registry.pushed.filter((reference) => reference.includes("breweries"))).toEqual([]);
});

test("reads its inputs, and refuses a Debian that is no image", () => {
  const defaults: Record<string, string> = { keyless: "false", rebuild: "false", "dry-run": "false" };
  const read = (debian: string) => (name: string) =>
    ({ registry: "localhost:5001", bases: "true", "debian-image": debian })[name] ?? defaults[name] ?? "";
  expect(loadInputs(read(""))).toMatchObject({ bases: true, debianImage: undefined });
  expect(() => loadInputs(read("no image!"))).toThrow('Input `debian-image` is "no image!"; expected');
});
