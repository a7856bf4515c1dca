import { checkImageContract } from "../lib/domain/check-image-contract.ts";
import type { PlannedImage } from "../lib/domain/plan-images.ts";
import { UserError } from "../lib/domain/user-error.ts";
import { parseVersions, VERSIONS_FILE } from "../lib/domain/versions.ts";
import type { Workspace } from "../lib/ports/workspace.ts";
import type { Base } from "./describe-images.ts";

const MANIFESTS = "manifests/processing/pipelines";

/**
 * Refuses images that what runs them could not run, before any of them is pushed.
 *
 * @param images that are going to be built
 * @param workspace has the manifests
 * @throws UserError that names each contradiction, at its line
 */
export async function requireContract(
  images: readonly (PlannedImage & { base: Base | undefined })[],
  workspace: Workspace,
): Promise<void> {
  if (images.length === 0) return;
  const names = images.map(({ name }) => name);
  const tree = await workspace.list(MANIFESTS);
  const paths = tree.flatMap(({ path }) => {
    const pipeline = path.slice(MANIFESTS.length + 1).split("/")[0] ?? "";
    return path.endsWith(".yaml") && names.some((name) => name.startsWith(`${pipeline}-`)) ? [path] : [];
  });
  const read = async (path: string): Promise<[string, string]> => [
    path,
    new TextDecoder().decode(await workspace.read(path)),
  ];
  const manifests = new Map(await Promise.all(paths.map(read)));
  const spark = (await workspace.exists(VERSIONS_FILE))
    ? parseVersions(await workspace.read(VERSIONS_FILE)).of.spark
    : undefined;
  const contracts = images.map(({ name, files, base }) => ({ name, files, packages: packagesOf(base) }));
  const sources = (image: string, path: string): string => {
    const own = images.find(({ name }) => name === image);
    return own?.sources[own.files.findIndex((file) => file.path === path)] ?? path;
  };
  const findings = checkImageContract(contracts, manifests, spark, sources);
  if (findings.length > 0) throw new UserError(findings);
}

function packagesOf(base: Base | undefined): ReadonlySet<string> | undefined {
  const python = base?.libraries.filter(({ purl }) => purl.startsWith("pkg:pypi/")) ?? [];
  return python.length === 0 ? undefined : new Set(python.map(({ name }) => name));
}
