import { glob, readFile } from "node:fs/promises";
import { join } from "node:path";

/**
 * Reads what stands in for files of a pinned module when it is built: `overlay/` beside its `go.mod`, with the
 * module's own paths. It leaves out what a program is never asked for here, where its authors offer no build tag.
 *
 * @param folder the tool's folder
 * @returns text by path in the module, in order; empty for most tools
 */
export async function readGoOverlay(folder: string): Promise<ReadonlyMap<string, string>> {
  const overlay = join(folder, "overlay");
  const paths: string[] = [];
  for await (const path of glob("**/*.go", { cwd: overlay })) paths.push(path);
  const texts = paths
    .sort()
    .map(async (path): Promise<[string, string]> => [path, await readFile(join(overlay, path), "utf8")]);
  return new Map(await Promise.all(texts));
}
