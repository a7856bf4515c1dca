import { glob, readFile } from "node:fs/promises";
import { join, sep } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { listActions } from "../scripts/build/bundle-actions.ts";
import { recordsInputNames } from "./lib/host/delivery-inputs.ts";
import { checkDependencies } from "./lib/testing/check-dependencies.ts";
import { packageOf, readImports } from "./lib/testing/read-imports.ts";

const root = join(import.meta.dirname, "..");
const actions = await listActions(root);
const sources = await readAll(["actions/**/*.ts", "scripts/**/*.ts", "vitest.config.ts"]);

/** Text by path from the root, with forward slashes. */
async function readAll(patterns: string[]): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  const options = { cwd: root, exclude: ["**/node_modules/**", "actions/dist/**", "**/fixtures/**"] };
  for await (const path of glob(patterns, options)) {
    found.set(path.split(sep).join("/"), await readFile(join(root, path), "utf8"));
  }
  return found;
}

async function readYaml<T>(path: string): Promise<T> {
  return parse(await readFile(join(root, path), "utf8")) as T;
}

interface ActionFile {
  inputs?: Record<string, { description?: string; required?: boolean; default?: unknown }>;
  outputs?: Record<string, { description?: string }>;
  runs: { using: string; main: string };
}

test("there are actions, and this test sees the sources", () => {
  expect(actions).toEqual(expect.arrayContaining(["build-images", "bump-images", "validate"]));
  expect(sources.has("actions/lib/host/run-action.ts")).toBe(true);
  expect(sources.has("scripts/build.ts")).toBe(true);
});

test("dependencies point one way, without circles, and no action imports another", () => {
  const files = [...sources].filter(([path]) => /^actions\/.+\/.+\.ts$/.test(path));
  expect(checkDependencies(new Map(files))).toEqual([]);
});

describe.each(actions)("%s", (name) => {
  test("has all of an action's files, and runs its own bundle on Node 24", async () => {
    for (const file of ["README.md", "main.ts", "inputs.ts", "run.ts", "run.test.ts"]) {
      await expect(readFile(join(root, "actions", name, file), "utf8")).resolves.not.toBe("");
    }
    const { runs } = await readYaml<ActionFile>(`actions/${name}/action.yml`);
    expect(runs).toEqual({ using: "node24", main: `../dist/${name}/main.js` });
  });

  test("inputs.ts reads the inputs of action.yml, all of them and no others", async () => {
    const { inputs = {} } = await readYaml<ActionFile>(`actions/${name}/action.yml`);
    const module: { inputNames: readonly string[]; loadInputs: unknown } = await import(
      `./${name}/inputs.ts`
    );
    expect([...module.inputNames].sort()).toEqual(Object.keys(inputs).sort());
    expect(module.loadInputs).toBeTypeOf("function");
    // The compiler refuses a name outside of the list; here, that none is only listed.
    const source = sources.get(`actions/${name}/inputs.ts`) ?? "";
    const readTogether = source.includes(": recordsInput(read)") || source.includes("...recordsInput(read)");
    const together = readTogether ? new Set<string>(recordsInputNames) : new Set();
    const unread = module.inputNames.filter(
      (input) => source.split(`"${input}"`).length < 3 && !together.has(input),
    );
    expect(unread).toEqual([]);
  });

  test("every input and output is described, and an input is required or has a default as text", async () => {
    const { inputs = {}, outputs = {} } = await readYaml<ActionFile>(`actions/${name}/action.yml`);
    for (const [key, { description }] of [...Object.entries(inputs), ...Object.entries(outputs)]) {
      expect(key).toMatch(/^[a-z]+(-[a-z]+)*$/);
      expect(description ?? "", key).toMatch(/\w.*[.)]$/s);
    }
    for (const [key, input] of Object.entries(inputs)) {
      expect(input.required === true ? "required" : typeof input.default, key).toMatch(/^(required|string)$/);
    }
  });
});

test("every action of a third party is pinned by its commit, with the version beside it", async () => {
  const files = await readAll([".github/**/*.yml", "actions/*/action.yml"]);
  const uses = [...files].flatMap(([path, text]) =>
    [...text.matchAll(/^\s*(?:- )?uses: *(.+)$/gm)].map(([, used = ""]) => ({ path, used })),
  );
  expect(uses.length).toBeGreaterThan(5);
  const pinned = /^(?:\.\/[\w./-]+|[\w.-]+\/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+)$/;
  expect(uses.filter(({ used }) => !pinned.test(used))).toEqual([]);
});

interface Package {
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
  scripts?: Record<string, string>;
}

/** Programs that are run, not imported. */
const PROGRAMS: Readonly<Record<string, string>> = {
  "@biomejs/biome": "biome",
  node: "node",
  typescript: "tsc",
};

describe("packages", async () => {
  const folders = ["actions/kubeconform-wrapper", "actions", ""];
  const packages = new Map<string, Package>();
  for (const folder of folders) {
    packages.set(folder, JSON.parse(await readFile(join(root, folder, "package.json"), "utf8")) as Package);
  }
  const top = packages.get("") ?? {};
  const ofFile = (path: string): string =>
    folders.find((folder) => folder === "" || path.startsWith(`${folder}/`)) ?? "";
  const imports = [...sources].flatMap(([path, text]) =>
    readImports(text).flatMap(({ specifier, line }) => {
      const name = packageOf(specifier);
      return name === undefined ? [] : [{ path, line, name }];
    }),
  );

  test("no file imports a package that its package.json does not name", () => {
    const missing = imports.filter(({ path, name }) => {
      const { dependencies = {}, devDependencies = {} } = packages.get(ofFile(path)) ?? {};
      const forTests = /(?:\.test|\/testing)\.ts$|^actions\/lib\/testing\//.test(path);
      const known = {
        ...dependencies,
        ...(forTests || ofFile(path) === "" ? { ...devDependencies, ...top.devDependencies } : {}),
      };
      return !(name in known);
    });
    expect(missing.map(({ path, line, name }) => `${path}:${line}: ${name}`)).toEqual([]);
  });

  test.each(folders)("every package that /%s names is used", (folder) => {
    const { dependencies, devDependencies } = packages.get(folder) ?? {};
    const used = new Set(imports.filter(({ path }) => ofFile(path) === folder).map(({ name }) => name));
    if (folder === "") for (const { path, name } of imports) if (path.endsWith(".test.ts")) used.add(name);
    const scripts = Object.values(top.scripts ?? {});
    const unused = Object.keys({ ...dependencies, ...devDependencies }).filter((name) => {
      const program = PROGRAMS[name];
      if (program !== undefined) return !scripts.some((script) => script.split(" ").includes(program));
      const types = /^@types\/(.+)$/.exec(name)?.[1];
      return types === undefined ? !used.has(name) : types !== "node" && !used.has(types);
    });
    expect(unused).toEqual([]);
  });

  test("versions are exact: a lock file alone does not bind who installs without it", () => {
    for (const { dependencies, devDependencies } of packages.values()) {
      for (const [name, version] of Object.entries({ ...dependencies, ...devDependencies })) {
        expect(version, name).toMatch(/^\d+\.\d+\.\d+(?:-[\w.]+)?$|^\*$/);
      }
    }
  });
});
