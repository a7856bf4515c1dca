import { join } from "node:path";
import { gitWorkspace } from "../adapters/git-workspace.ts";

/** What every test of the whole repository reads: the pipelines and all that it is rendered from. */
const PARTS = [
  "apps",
  "manifests",
  "overlays",
  "pipelines/breweries",
  "pipelines/ecommerce",
  "pipelines/runtime/versions.yaml",
];

/**
 * Reads this repository's own files, for a test to change.
 *
 * @param more files and folders beside the pipeline and its manifests, from the repository's root
 * @returns the bytes of each by its path
 */
export async function templateFiles(more: readonly string[] = []): Promise<Record<string, Uint8Array>> {
  const workspace = gitWorkspace(join(import.meta.dirname, "../../.."));
  const lists = await Promise.all([...PARTS, ...more].map((part) => workspace.list(part)));
  const read = lists.flat().map(async ({ path }) => [path, await workspace.read(path)] as const);
  return Object.fromEntries(await Promise.all(read));
}
