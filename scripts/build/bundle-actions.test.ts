import { execFileSync } from "node:child_process";
import { cp, mkdir, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder } from "../../actions/lib/testing/temporary-folder.ts";
import { bundleActions, compareBundles, writeBundles } from "./bundle-actions.ts";

const repository = join(import.meta.dirname, "../..");

/** A repository with two actions that use the shared host, the YAML library and a CommonJS one. */
async function smallRepository(): Promise<string> {
  const root = await temporaryFolder();
  await mkdir(join(root, "actions"));
  await writeFile(join(root, "package.json"), '{"type": "module"}');
  for (const part of ["domain", "host", "ports"]) {
    await cp(join(repository, "actions/lib", part), join(root, "actions/lib", part), { recursive: true });
  }
  await mkdir(join(root, "actions/lib/adapters"));
  await cp(
    join(repository, "actions/lib/adapters/actions-core.ts"),
    join(root, "actions/lib/adapters/actions-core.ts"),
  );
  await symlink(join(repository, "node_modules"), join(root, "node_modules"));
  for (const [name, word] of [
    ["greet", "hello"],
    ["part", "bye"],
  ]) {
    await mkdir(join(root, "actions", `${name}`));
    await writeFile(join(root, `actions/${name}/action.yml`), `name: ${name}\n`);
    await writeFile(
      join(root, `actions/${name}/main.ts`),
      `import { pack } from "tar-stream";
       import { stringify } from "yaml";
       import { runAction } from "../lib/host/run-action.ts";
       function fallOver(): never { throw new Error("fell over"); }
       await runAction(
         (read) => read("who"),
         async (who) => who === "nobody" ? fallOver() :
           ({ ok: true, outputs: { text: stringify({ ${word}: who }) + typeof pack }, summary: "", annotations: [] }),
         () => undefined,
       );`,
    );
  }
  return root;
}

function start(root: string, name: string, env: Record<string, string>): string {
  const file = join(root, "actions/dist", name, "main.js");
  try {
    return execFileSync(process.execPath, [file], { env, encoding: "utf8" });
  } catch (error) {
    return (error as { stdout: string }).stdout;
  }
}

test("bundles run without node_modules, share their code, and name functions in a bug's stack", async () => {
  const root = await smallRepository();
  const bundles = await bundleActions(root);
  await writeBundles(bundles, join(root, "actions/dist"));
  await rm(join(root, "node_modules"));
  expect(start(root, "greet", { INPUT_WHO: "you" })).toContain("hello: you%0Afunction");
  expect(start(root, "part", { INPUT_WHO: "you" })).toContain("bye: you%0Afunction");
  expect(start(root, "greet", { INPUT_WHO: "nobody" })).toMatch(/Error: fell over\n\s+at fallOver /);
  for (const name of ["greet", "part"]) expect(bundles.get(`${name}/main.js`)?.length).toBeLessThan(1_500);
});

test("the bytes do not depend on the folder, hold no path of this machine, and leave out the HTTP client", async () => {
  const [one, other] = [await smallRepository(), await smallRepository()];
  const bundles = await bundleActions(one);
  expect(await bundleActions(other)).toEqual(bundles);
  const text = Buffer.concat([...bundles.values()]).toString();
  expect(text).not.toContain(one);
  expect(text).not.toContain(repository);
  expect(text).not.toContain("undici");
  expect(bundles.get("LICENSES.txt")?.toString()).toMatch(
    /^@actions\/core@[\s\S]*^tar-stream@[\s\S]*^yaml@/m,
  );
});

test("stale, missing and left-over files are told, and writing mends all three", async () => {
  const root = await smallRepository();
  const dist = join(root, "actions/dist");
  const bundles = await bundleActions(root);
  expect((await compareBundles(bundles, dist)).every((line) => line.endsWith(" is missing"))).toBe(true);
  await writeBundles(bundles, dist);
  expect(await compareBundles(bundles, dist)).toEqual([]);
  await writeFile(join(dist, "greet/main.js"), "// edited");
  await writeFile(join(dist, "shared/OLD.js"), "");
  await rm(join(dist, "part/main.js"));
  expect(await compareBundles(bundles, dist)).toEqual([
    "greet/main.js is stale",
    "part/main.js is missing",
    "shared/OLD.js is left over",
  ]);
  await writeBundles(bundles, dist);
  expect(await compareBundles(bundles, dist)).toEqual([]);
  expect(await readdir(join(root, "actions"))).toEqual(
    expect.not.arrayContaining([expect.stringMatching(/^dist\./)]),
  );
});

test("a source that does not compile changes nothing and says where", async () => {
  const root = await smallRepository();
  await writeBundles(await bundleActions(root), join(root, "actions/dist"));
  const before = await readFile(join(root, "actions/dist/greet/main.js"));
  await writeFile(join(root, "actions/greet/main.ts"), "const = 1;");
  await expect(bundleActions(root)).rejects.toThrow(/actions\/greet\/main\.ts:1:6/);
  expect(await readFile(join(root, "actions/dist/greet/main.js"))).toEqual(before);
});
