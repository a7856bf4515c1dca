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
 * @throws Error when neither a package nor one beside it in its repository has a license file: its code may then not
 *   be passed on
 */
export async function collectLicenses(root: string, outputs: readonly Output[]): Promise<string> {
  const folders = new Set<string>();
  for (const { inputs } of outputs) {
    for (const [path, { bytesInOutput }] of Object.entries(inputs)) {
      const [folder] = /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path) ?? [];
      if (folder !== undefined && bytesInOutput > 0) folders.add(folder);
    }
  }
  const packages = await Promise.all([...folders].sort().map((folder) => readPackage(join(root, folder))));
  const parts = packages.map((each) => {
    // A package of a monorepo may leave out the one file that all of its siblings carry.
    const text =
      each.text ??
      packages.find((other) => other.text !== undefined && comesWith(each, other))?.text ??
      standardText(each);
    if (text === undefined)
      throw new Error(`${each.name}@${each.version} has no license file, so it cannot be bundled`);
    return `${"=".repeat(80)}\n${each.name}@${each.version} (${each.license ?? "license below"})\n\n${text}\n`;
  });
  return `The bundles in this folder hold code of these packages, each under its own license.\n\n${parts.join("\n")}`;
}

interface Package {
  name: string;
  version: string;
  license?: string;
  author?: string | { name?: string };
  repository?: { url?: string };
  text: string | undefined;
}

/** npm's own packages name the license and leave its text out; the text is the same for everybody but for the name. */
function standardText({ license, author }: Package): string | undefined {
  const holder = typeof author === "string" ? author : author?.name;
  if (license !== "ISC" || holder === undefined) return undefined;
  return `ISC License

Copyright (c) ${holder}

Permission to use, copy, modify, and/or distribute this software for any purpose with or without fee is hereby granted,
provided that the above copyright notice and this permission notice appear in all copies.

THE SOFTWARE IS PROVIDED "AS IS" AND THE AUTHOR DISCLAIMS ALL WARRANTIES WITH REGARD TO THIS SOFTWARE INCLUDING ALL
IMPLIED WARRANTIES OF MERCHANTABILITY AND FITNESS. IN NO EVENT SHALL THE AUTHOR BE LIABLE FOR ANY SPECIAL, DIRECT,
INDIRECT, OR CONSEQUENTIAL DAMAGES OR ANY DAMAGES WHATSOEVER RESULTING FROM LOSS OF USE, DATA OR PROFITS, WHETHER IN AN
ACTION OF CONTRACT, NEGLIGENCE OR OTHER TORTIOUS ACTION, ARISING OUT OF OR IN CONNECTION WITH THE USE OR PERFORMANCE OF
THIS SOFTWARE.`;
}

async function readPackage(folder: string): Promise<Package> {
  const manifest = JSON.parse(await readFile(join(folder, "package.json"), "utf8")) as Omit<Package, "text">;
  const file = (await readdir(folder)).sort().find((entry) => /^(licen[cs]e|copying)(\.|$)/i.test(entry));
  if (file === undefined) return { ...manifest, text: undefined };
  return { ...manifest, text: (await readFile(join(folder, file), "utf8")).replaceAll("\r\n", "\n").trim() };
}

function comesWith(one: Package, other: Package): boolean {
  const [url, license] = [one.repository?.url, one.license];
  return (
    url !== undefined && license !== undefined && url === other.repository?.url && license === other.license
  );
}
