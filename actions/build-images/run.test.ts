import { readFile, symlink, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, test, vi } from "vitest";
import { connectBuilding } from "../lib/adapters/connect-building.ts";
import { runProcess } from "../lib/adapters/process.ts";
import { type BuiltImage, parseBuiltImages } from "../lib/domain/built-image.ts";
import { UserError } from "../lib/domain/user-error.ts";
import type { BuildSource } from "../lib/ports/build-source.ts";
import { fileRegistry } from "../lib/testing/file-registry.ts";
import { gitRepository } from "../lib/testing/git-repository.ts";
import { type MemoryRegistry, memoryRegistry } from "../lib/testing/memory-registry.ts";
import { type MemoryWorkspace, memoryWorkspace } from "../lib/testing/memory-workspace.ts";
import { noBases } from "../lib/testing/no-bases.ts";
import { silentLogger } from "../lib/testing/silent-logger.ts";
import { stubServer } from "../lib/testing/stub-server.ts";
import { type Inputs, loadInputs } from "./inputs.ts";
import type { Ports } from "./ports.ts";
import { run } from "./run.ts";

const { program, server } = await fileRegistry();

const root = join(import.meta.dirname, "../..");
const breweries = await readFile(join(root, "pipelines/breweries/pipeline.yaml"), "utf8");
const files: Record<string, string> = {
  "pipelines/breweries/pipeline.yaml": breweries,
  "pipelines/breweries/gold/breweries_by_type_and_location.sql": "select 1",
  "pipelines/runtime/wavehouse/jobs/silver.py": "print('silver')",
  "pipelines/runtime/wavehouse/dags/build.py": "not in jobs",
};
const inputs = (more: Partial<Inputs> = {}): Inputs => ({
  registry: "localhost:5001",
  baseImage: undefined,
  airflowImage: undefined,
  pipelines: [],
  dryRun: false,
  ...more,
});

interface TestPorts extends Ports {
  workspace: MemoryWorkspace;
  registry: MemoryRegistry;
}

function ports(more: { files?: Record<string, string>; registry?: MemoryRegistry } = {}): TestPorts {
  return {
    workspace: memoryWorkspace({ ...files, ...more.files }),
    registry: more.registry ?? memoryRegistry(),
    bases: noBases(),
    source: buildSource(),
    signer: undefined,
    logger: silentLogger(),
  };
}

/** Files that were all committed at once, at noon. */
function buildSource(): BuildSource {
  const facts = {
    source: "https://github.com/acme/lake",
    commit: "c".repeat(40),
    ref: "refs/heads/main",
    dirty: false,
    builder: "https://github.com/acme/lake/.github/workflows/deliver.yml@refs/heads/main",
    run: "https://github.com/acme/lake/actions/runs/7/attempts/1",
    event: "push",
  };
  return {
    facts: async () => facts,
    lastChange: async () => ({ commit: "c".repeat(40), date: "2026-01-01T12:00:00Z" }),
  };
}

const imagesOf = (result: { outputs: Record<string, string> }): BuiltImage[] =>
  JSON.parse(result.outputs.images ?? "null");

describe("run", () => {
  test("pushes what the registry does not have, and tells it in the order of the steps", async () => {
    const at = ports();
    const result = await run(inputs(), at);
    const images = imagesOf(result);
    expect(images.map(({ name, changed }) => [name, changed])).toEqual([
      ["breweries-silver", true],
      ["breweries-tests", true],
      ["breweries-gold", true],
    ]);
    expect(parseBuiltImages(images)).toHaveLength(3);
    expect(at.registry.pushed).toEqual(images.map(({ reference }) => reference.split("@")[0]));
    expect(result).toMatchObject({ ok: true, annotations: [] });
    expect(result.summary).toContain("3 of 3 images built and pushed.");
  });

  test("unchanged content is one look-up an image, and no push", async () => {
    const at = ports();
    const first = imagesOf(await run(inputs(), at));
    const again = ports({ registry: memoryRegistry({ images: Object.fromEntries(at.registry.images) }) });
    const result = await run(inputs(), again);
    expect(imagesOf(result)).toEqual(first.map((image) => ({ ...image, changed: false })));
    expect(again.registry.lookedUp).toHaveLength(3);
    expect(again.registry.pushed).toEqual([]);
    expect(result.summary).toContain("All 3 images are unchanged: nothing was built or pushed.");
  });

  test("a change in one SQL file pushes one image", async () => {
    const at = ports();
    await run(inputs(), at);
    const changed = { "pipelines/breweries/gold/breweries_by_type_and_location.sql": "select 2" };
    const images = imagesOf(await run(inputs(), ports({ files: changed, registry: at.registry })));
    expect(images.filter((image) => image.changed).map(({ name }) => name)).toEqual(["breweries-gold"]);
  });

  test("a dry run pushes nothing, and tells no digest that there is not", async () => {
    const at = ports();
    const result = await run(inputs({ dryRun: true }), at);
    expect(at.registry.pushed).toEqual([]);
    expect(imagesOf(result).map(({ digest, changed }) => [digest, changed])).toEqual(
      Array.from({ length: 3 }, () => [undefined, true]),
    );
    expect(() => parseBuiltImages(imagesOf(result))).toThrow(/it comes from a dry run/);
  });

  test("the base is pinned by its digest, which is part of the tags", async () => {
    const digest = `sha256:${"b".repeat(64)}`;
    const bases: (string | undefined)[] = [];
    const registry = memoryRegistry({ images: { "ghcr.io/acme/spark-base:1": digest } });
    const at: Ports = {
      ...ports(),
      registry: {
        ...registry,
        append: (image) => {
          bases.push(image.base);
          return registry.append(image);
        },
      },
    };
    const onBase = imagesOf(await run(inputs({ baseImage: "ghcr.io/acme/spark-base:1" }), at));
    expect(new Set(bases)).toEqual(new Set([`ghcr.io/acme/spark-base@${digest}`]));
    const onNothing = imagesOf(await run(inputs(), ports()));
    expect(onBase[0]?.tag).not.toBe(onNothing[0]?.tag);
  });

  test("with Airflow's image there is `dags` on it, of all pipelines, whichever are chosen", async () => {
    const airflow = `sha256:${"a".repeat(64)}`;
    const started = { images: { "localhost:5001/airflow:1": airflow } };
    const dagsOf = async (changed: Record<string, string>): Promise<BuiltImage | undefined> => {
      const at = ports({ files: changed, registry: memoryRegistry(started) });
      const given = inputs({ airflowImage: "localhost:5001/airflow:1", pipelines: ["breweries"] });
      return imagesOf(await run(given, at)).find(({ name }) => name === "dags");
    };
    const dags = await dagsOf({});
    expect(dags?.reference).toMatch(/^localhost:5001\/dags:[0-9a-f]{16}@sha256:/);
    expect(await dagsOf({})).toEqual(dags);
    expect(await dagsOf({ "pipelines/runtime/wavehouse/jobs/silver.py": "print('other')" })).toEqual(dags);
    const another = {
      "pipelines/ales/pipeline.yaml": breweries.replace("name: breweries\n", "name: ales\n"),
    };
    expect((await dagsOf(another))?.tag).not.toBe(dags?.tag);
    expect((await dagsOf({ "pipelines/breweries/gold/x.sql": "select 2" }))?.tag).not.toBe(dags?.tag);
  });

  test("one push that fails leaves no outputs; the next try finds the others", async () => {
    const registry = memoryRegistry({ refuse: (reference) => reference.includes("tests") });
    const at = ports({ registry });
    await expect(run(inputs(), at)).rejects.toThrow(
      /^the registry refuses localhost:5001\/breweries-tests:\w+$/,
    );
    expect(registry.pushed).toHaveLength(2);
    const second = ports({ registry: memoryRegistry({ images: Object.fromEntries(registry.images) }) });
    await run(inputs(), second);
    expect(second.registry.pushed).toHaveLength(1);
  });

  test.each([
    [
      "a pipeline that is not there",
      { pipelines: ["brewery"] },
      {},
      "Input `pipelines` names `brewery`, but there is no pipelines/brewery/pipeline.yaml; did you mean `breweries`?",
    ],
    [
      "a pipeline file that the schema refuses",
      {},
      { "pipelines/breweries/pipeline.yaml": breweries.replace("partitionBy:", "partitionby:") },
      /^pipelines\/breweries\/pipeline\.yaml:\d+:\d+: error: .*partitionby.*did you mean `partitionBy`/,
    ],
    [
      "an empty pipeline file",
      {},
      { "pipelines/breweries/pipeline.yaml": "" },
      /^pipelines\/breweries\/pipeline\.yaml:1:1: error: /,
    ],
    [
      "a pipeline that is not called as its folder, whose images would hold no file of it",
      {},
      { "pipelines/breweries/pipeline.yaml": breweries.replace("name: breweries\n", "name: ales\n") },
      /is called `ales`, its folder `breweries`/,
    ],
    [
      "a base that is not there",
      { baseImage: "localhost:5001/none:1" },
      {},
      "Input `base-image`: there is no image localhost:5001/none:1",
    ],
    [
      "an Airflow that is not there",
      { airflowImage: "localhost:5001/none:2" },
      {},
      "Input `airflow-image`: there is no image localhost:5001/none:2",
    ],
  ])("refuses %s and pushes nothing", async (_, more, changed, message) => {
    const at = ports({ files: changed });
    const failed = run(inputs(more), at);
    await expect(failed).rejects.toThrow(message);
    await expect(failed).rejects.toBeInstanceOf(UserError);
    expect(at.registry.pushed).toEqual([]);
  });

  test("a folder without a pipeline.yaml is no pipeline", async () => {
    const at = ports({ files: { "pipelines/empty/.gitkeep": "", "pipelines/notes/README.md": "later" } });
    expect(imagesOf(await run(inputs(), at)).map(({ name }) => name)).toEqual([
      "breweries-silver",
      "breweries-tests",
      "breweries-gold",
    ]);
  });

  test("no pipeline is no image", async () => {
    const result = await run(inputs(), { ...ports(), workspace: memoryWorkspace() });
    expect(result).toMatchObject({ ok: true, outputs: { images: "[]" } });
  });
});

describe("loadInputs", () => {
  const read = (given: Record<string, string>) => (name: string) => given[name] ?? "";

  test("reads what the step gives", () => {
    const given = {
      registry: "ghcr.io/acme/",
      "base-image": "ghcr.io/acme/spark:1",
      "airflow-image": "ghcr.io/acme/airflow:1",
      bases: "false",
      pipelines: "a, b",
      keyless: "false",
      rebuild: "false",
      "dry-run": "true",
    };
    expect(loadInputs(read(given))).toEqual({
      registry: "ghcr.io/acme",
      baseImage: "ghcr.io/acme/spark:1",
      airflowImage: "ghcr.io/acme/airflow:1",
      bases: false,
      debianImage: undefined,
      pipelines: ["a", "b"],
      signingKey: undefined,
      keyless: false,
      rebuild: false,
      dryRun: true,
    });
  });

  test.each([
    [{ keyless: "false", bases: "false", rebuild: "false", "dry-run": "false" }, "Input `registry` is empty"],
    [
      { registry: "https://ghcr.io", keyless: "false", bases: "false", rebuild: "false", "dry-run": "false" },
      "write ghcr.io",
    ],
    [
      {
        registry: "ghcr.io",
        keyless: "true",
        "signing-key": "k",
        bases: "false",
        rebuild: "false",
        "dry-run": "false",
      },
      "Inputs `keyless` and `signing-key` are both given",
    ],
    [
      {
        registry: "ghcr.io",
        keyless: "false",
        bases: "false",
        rebuild: "false",
        "dry-run": "false",
        "base-image": "A B",
      },
      'Input `base-image` is "A B"',
    ],
    [
      {
        registry: "ghcr.io",
        keyless: "false",
        bases: "false",
        rebuild: "false",
        "dry-run": "false",
        "airflow-image": ":",
      },
      'Input `airflow-image` is ":"',
    ],
  ])("refuses %j", (given, message) => {
    expect(() => loadInputs(read(given))).toThrow(message);
  });
});

test("unchanged content is one HEAD an image on the wire, and nothing else; a base has its own", async () => {
  const digest = `sha256:${"d".repeat(64)}`;
  const stub = await stubServer((_, response) =>
    response.writeHead(200, { "docker-content-digest": digest }).end(),
  );
  const { root } = await gitRepository(files);
  const at = await connectBuilding({ root, logger: silentLogger() });
  const base = `${stub.host}/spark-base`;
  const images = imagesOf(
    await run(
      inputs({ registry: stub.host, baseImage: `${base}:1`, airflowImage: `${stub.host}/airflow:2` }),
      at,
    ),
  );
  expect(images.map(({ changed }) => changed)).toEqual([false, false, false, false]);
  const tagged = images.map(({ name, tag }) => `HEAD /v2/${name}/manifests/${tag}`);
  expect([...stub.requests].sort()).toEqual(
    [...tagged, "HEAD /v2/airflow/manifests/2", "HEAD /v2/spark-base/manifests/1"].sort(),
  );
});

test("a file of 2 GB and a link in a pipeline's folder are told by their paths, and nothing is read or pushed", async () => {
  const stub = await stubServer((_, response) => response.writeHead(404).end());
  const { root } = await gitRepository(files);
  const large = "pipelines/breweries/gold/export.csv";
  await writeFile(join(root, large), "");
  // With a hole in the place of the bytes; to read it would take 3 GB of memory, or fail.
  await truncate(join(root, large), 3 * 1024 ** 3);
  await symlink("/etc/passwd", join(root, "pipelines/breweries/gold/link.sql"));
  const at = await connectBuilding({ root, logger: silentLogger() });
  const began = performance.now();
  await expect(run(inputs({ registry: stub.host }), at)).rejects.toThrow(
    /^pipelines\/breweries\/gold\/export\.csv:1:1: error: the file has 3072 MiB.*\npipelines\/breweries\/gold\/link\.sql:1:1: error: a symbolic link cannot go into an image/,
  );
  expect(performance.now() - began).toBeLessThan(5_000);
  expect(stub.requests).toEqual([]);
});

describe("with a real repository and a real registry", () => {
  afterEach(() => vi.useRealTimers());

  test("what is pushed holds the files; two checkouts give one digest; the second push is none", async () => {
    const connect = (root: string): Promise<Ports> => connectBuilding({ root, logger: silentLogger() });
    const at = async (): Promise<Ports> => connect((await gitRepository(files)).root);
    const { root: checkout } = await gitRepository(files);
    const first = imagesOf(await run(inputs({ registry: server.host }), await connect(checkout)));
    // Another time, too: what a clock says is in no image.
    vi.useFakeTimers({ toFake: ["Date"], now: new Date("2001-02-03") });
    const again = imagesOf(
      await run(inputs({ registry: server.host, rebuild: true }), await connect(checkout)),
    );
    vi.useRealTimers();
    expect(again).toEqual(first);
    const second = imagesOf(await run(inputs({ registry: server.host }), await at()));
    expect(second).toEqual(first.map((image) => ({ ...image, changed: false })));
    const gold = first.find(({ name }) => name === "breweries-gold");
    const exported = await runProcess({ file: program, args: ["export", gold?.reference ?? "", "-"] });
    const listing = await runProcess({ file: "tar", args: ["-tf", "-"], stdin: exported.stdout });
    const paths = listing.stdout.toString().trim().split("\n");
    expect(paths.filter((path) => /\.\w+$/.test(path))).toEqual([
      "opt/wavehouse/pipeline/gold/breweries_by_type_and_location.sql",
      "opt/wavehouse/pipeline/pipeline.yaml",
      "opt/wavehouse/runtime/wavehouse/jobs/silver.py",
    ]);
  });
});
