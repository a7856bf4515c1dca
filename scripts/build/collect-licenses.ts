import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

/** The part of esbuild's metafile that says which sources ended up in an output. */
interface Output {
  inputs: Readonly<Record<string, { bytesInOutput: number }>>;
}

/**
 * Gathers the licenses of the packages whose code is in the bundles, as they ask for.
 *
 * @param root the repository's root
 * @param outputs the outputs of esbuild's metafile
 * @returns the text of all of them, ordered by package
 * @throws Error when a package has no license file: its code may then not be passed on
 */
export async function collectLicenses(root: string, outputs: readonly Output[]): Promise<string> {
  const folders = new Set<string>();
  for (const { inputs } of outputs) {
    for (const [path, { bytesInOutput }] of Object.entries(inputs)) {
      const [folder] = /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path) ?? [];
      if (folder !== undefined && bytesInOutput > 0) folders.add(folder);
    }
  }
  const parts = await Promise.all([...folders].sort().map((folder) => readLicense(join(root, folder))));
  return `The bundles in this folder hold code of these packages, each under its own license.\n\n${parts.join("\n")}`;
}

async function readLicense(folder: string): Promise<string> {
  const { name, version, license } = JSON.parse(await readFile(join(folder, "package.json"), "utf8")) as {
    name: string;
    version: string;
    license?: string;
  };
  const file = (await readdir(folder)).sort().find((entry) => /^(licen[cs]e|copying)(\.|$)/i.test(entry));
  if (file === undefined) throw new Error(`${name}@${version} has no license file, so it cannot be bundled`);
  const text = (await readFile(join(folder, file), "utf8")).replaceAll("\r\n", "\n").trim();
  return `${"=".repeat(80)}\n${name}@${version} (${license ?? "license below"})\n\n${text}\n`;
}
