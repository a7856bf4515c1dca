import type { GenerateInput } from "../../actions/lib/domain/plan-generated.ts";
import { UserError } from "../../actions/lib/domain/user-error.ts";
import { parseVersions, VERSIONS_FILE } from "../../actions/lib/domain/versions.ts";
import type { Workspace } from "../../actions/lib/ports/workspace.ts";
import { readManifests, readRepository } from "../../actions/validate/read-repository.ts";

/**
 * Reads what decides the files that are generated from the pipelines.
 *
 * @param workspace the repository
 * @returns its YAML files, its pipelines and its versions
 * @throws UserError when a part of it cannot be read: nothing is generated from the rest
 */
export async function readGenerateInput(workspace: Workspace): Promise<GenerateInput> {
  const { findings, pipelines, all } = await readRepository(workspace);
  const { tree, findings: unread } = await readManifests(workspace, all);
  if (findings.length + unread.length > 0) throw new UserError([...findings, ...unread]);
  const versions = parseVersions(await workspace.read(VERSIONS_FILE)).of;
  return { tree, pipelines: pipelines.map(({ pipeline }) => pipeline), versions };
}
