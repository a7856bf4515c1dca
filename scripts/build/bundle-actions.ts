import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";
import { build, type Plugin } from "esbuild";
import { collectLicenses } from "./collect-licenses.ts";

/** The bundles by path below the output folder, with forward slashes. */
export type Bundles = ReadonlyMap<string, Uint8Array>;

/**
 * Bundles every action in memory: a small entry per action, and the code that they share in chunks beside them.
 * The same sources give the same bytes on any machine and in any folder.
 *
 * @param root the repository's root
 * @returns the files that belong into `actions/dist`
 * @throws Error with esbuild's own words when a source does not compile
 */
export async function bundleActions(root: string): Promise<Bundles> {
  const names = await listActions(root);
  const { outputFiles, metafile } = await build({
    absWorkingDir: root,
    entryPoints: Object.fromEntries(names.map((name) => [`${name}/main`, `actions/${name}/main.ts`])),
    outdir: "actions/dist",
    chunkNames: "shared/[hash]",
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node24",
    minify: true,
    // 16 KB, for stack traces of bugs that name the functions.
    keepNames: true,
    legalComments: "none",
    charset: "utf8",
    // Some dependencies are CommonJS and call `require` for Node's own modules, which ESM does not have.
    banner: {
      js: 'import{createRequire as nodeRequire}from"node:module";const require=nodeRequire(import.meta.url);',
    },
    plugins: [pureActionsToolkit],
    metafile: true,
    write: false,
    logLevel: "silent",
  });
  const out = join(root, "actions/dist");
  const files = outputFiles.map((file): [string, Uint8Array] => [
    relative(out, file.path).split(sep).join("/"),
    file.contents,
  ]);
  const licenses = await collectLicenses(root, Object.values(metafile.outputs));
  files.push(["LICENSES.txt", Buffer.from(licenses)]);
  return new Map(files.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/**
 * @param root the repository's root
 * @returns the names of the folders in `actions/` that hold an `action.yml`, in order
 */
export async function listActions(root: string): Promise<string[]> {
  const folders = await readdir(join(root, "actions"), { withFileTypes: true });
  const found = await Promise.all(
    folders
      .filter((entry) => entry.isDirectory())
      .map(async (entry) => {
        const files = await readdir(join(root, "actions", entry.name));
        return files.includes("action.yml") ? [entry.name] : [];
      }),
  );
  return found.flat().sort();
}

/**
 * Replaces a folder by the bundles: written beside it first, so that a failure leaves the old ones whole.
 *
 * @param bundles what to write
 * @param folder an absolute path; its former content goes
 */
export async function writeBundles(bundles: Bundles, folder: string): Promise<void> {
  await mkdir(dirname(folder), { recursive: true });
  const fresh = await mkdtemp(`${folder}.`);
  try {
    for (const [path, bytes] of bundles) {
      await mkdir(dirname(join(fresh, path)), { recursive: true });
      await writeFile(join(fresh, path), bytes);
    }
    await rm(folder, { recursive: true, force: true });
    await rename(fresh, folder).catch(() => cp(fresh, folder, { recursive: true }));
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
}

/**
 * Compares the committed bundles with what the sources give.
 *
 * @param bundles what the sources give
 * @param folder where the committed ones lie, an absolute path
 * @returns one line for each file that is missing, stale or left over; empty when they agree
 */
export async function compareBundles(bundles: Bundles, folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const present = entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join("/"));
  const leftOver = present.filter((path) => !bundles.has(path)).map((path) => `${path} is left over`);
  const wrong = await Promise.all(
    [...bundles].map(async ([path, bytes]) => {
      if (!present.includes(path)) return [`${path} is missing`];
      return (await readFile(join(folder, path))).equals(bytes) ? [] : [`${path} is stale`];
    }),
  );
  return [...wrong.flat(), ...leftOver].sort();
}

/**
 * `@actions/core` imports an HTTP client and undici (415 KB) for OIDC tokens, which nothing here asks for. The
 * packages do not say that importing them has no effects, so esbuild would keep them.
 */
const pureActionsToolkit: Plugin = {
  name: "pure-actions-toolkit",
  setup(context) {
    context.onResolve({ filter: /^@actions\// }, async ({ path, pluginData, ...options }) => {
      if (pluginData === "resolving") return undefined;
      const resolved = await context.resolve(path, { ...options, pluginData: "resolving" });
      return { ...resolved, sideEffects: false };
    });
  },
};
