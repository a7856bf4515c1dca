import { glob, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { recipes } from "./recipes.ts";

const root = join(import.meta.dirname, "../../..");
const all = recipes(root);
const read = (path: string): Promise<string> => readFile(join(root, path), "utf8");
const dockerfileOf = (repository: string): Promise<string> =>
  read(
    repository.startsWith("stand-in/") || repository.startsWith("debian")
      ? `scripts/cluster/images/${repository.replace("stand-in/", "")}/Dockerfile`
      : `pipelines/runtime/images/${repository}/Dockerfile`,
  );

describe.each(all.map((recipe) => [recipe.repository, recipe] as const))("%s", (repository, recipe) => {
  test("has in its context what its Dockerfile copies, and nothing else", async () => {
    const dockerfile = await dockerfileOf(repository);
    const copied = [
      ...dockerfile.matchAll(/^(?:COPY|ADD) (?!--from)(?:--\S+ )*(.+) \S+$/gm),
      ...dockerfile.matchAll(/--mount=type=bind,source=([^,\s]+)/g),
    ].flatMap((match) => (match[1] ?? "").split(" ").map((path) => path.replace(/\/$/, "")));
    const paths = recipe.parts.map(({ path }) => path).filter((path) => path !== "Dockerfile");
    for (const source of copied) expect(paths.some((path) => `${path}/`.startsWith(`${source}/`))).toBe(true);
    for (const path of paths) expect(copied.some((source) => `${path}/`.startsWith(`${source}/`))).toBe(true);
  });

  test("is not root's, and stands on an image that comes before it", async () => {
    if (recipe.base === undefined) return;
    const before = all.slice(0, all.indexOf(recipe)).map((other) => other.repository);
    expect(before).toContain(recipe.base);
    const user = [...(await dockerfileOf(repository)).matchAll(/^USER (\S+)$/gm)].at(-1)?.[1];
    expect(user).toMatch(/^[1-9]\d*(:\d+)?$/);
  });
});

test("the overlay names each image as its recipe does", async () => {
  const files = glob("overlays/local/**/kustomization.yaml", { cwd: root });
  const entries = new Map<string, string>();
  for await (const file of files) {
    for (const [, name = "", repository = ""] of (await read(file)).matchAll(
      /- name: (\S+)\n +newName: localhost:5001\/(\S+)\n/g,
    )) {
      entries.set(repository, name);
    }
  }
  const named = all.filter(({ repository }) => entries.has(repository));
  expect(named.map(({ repository }) => repository)).toEqual(
    all
      .map(({ repository }) => repository)
      .filter((repository) => !["debian", "debian-trixie", "spark-base"].includes(repository)),
  );
  expect(named.map(({ name }) => name)).toEqual(named.map(({ repository }) => entries.get(repository)));
});

describe("the locks of the images", () => {
  const pinsOf = async (name: string): Promise<string[]> =>
    [...(await read(`pipelines/runtime/${name}`)).matchAll(/^([\w.-]+)==(\S+)/gm)].map(
      ([, packageName, version]) => `${packageName}==${version}`,
    );
  const names = (pins: readonly string[]): string[] => pins.map((pin) => pin.replace(/==.*/, ""));

  test.each(["requirements-spark.lock", "requirements-airflow.lock"])(
    "%s has the versions of requirements.lock, which the tests ran on",
    async (lock) => {
      const tested = await pinsOf("requirements.lock");
      const ours = await pinsOf(lock);
      expect(ours.length).toBeGreaterThan(10);
      const shared = new Set(names(tested));
      expect(ours.filter((pin) => shared.has(pin.replace(/==.*/, "")) && !tested.includes(pin))).toEqual([]);
    },
  );

  test("the two share no heavy part", async () => {
    expect(names(await pinsOf("requirements-spark.lock"))).not.toContain("apache-airflow-core");
    expect(names(await pinsOf("requirements-airflow.lock"))).not.toContain("pyspark");
  });

  test("each hash is checked, and no registry's host is named", async () => {
    for (const lock of ["requirements-spark.lock", "requirements-airflow.lock"]) {
      const lines = (await read(`pipelines/runtime/${lock}`)).split("\n");
      const unhashed = lines.filter(
        (line, at) => /^[\w.-]+==/.test(line) && !/--hash=/.test(lines[at + 1] ?? ""),
      );
      expect(unhashed).toEqual([]);
      expect(lines.filter((line) => /https?:|--index-url|--find-links/.test(line))).toEqual([]);
    }
  });
});
