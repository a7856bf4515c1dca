import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { History } from "../ports/history.ts";
import type { ImageEvidence } from "../ports/image-evidence.ts";
import type { Logger } from "../ports/logger.ts";
import type { ManifestRenderer } from "../ports/manifest-renderer.ts";
import type { RecordStore } from "../ports/record-store.ts";
import type { SpooledRecords } from "../ports/spooled-records.ts";
import type { Workspace } from "../ports/workspace.ts";
import { connectValidation } from "./connect-validation.ts";
import { gitHistory } from "./git-history.ts";
import { githubArtifacts } from "./github-artifacts.ts";
import { githubOptions } from "./github-client.ts";
import { ociRegistry } from "./oci-registry.ts";
import { toolsFolder, workspaceFolder } from "./places.ts";
import { s3Records } from "./s3-records.ts";

/** The name of the artifacts that keep records; the workflow uploads them under it. */
export const SPOOL_ARTIFACT = "wavehouse-records";

interface Connected {
  workspace: Workspace;
  renderer: ManifestRenderer;
  history: History;
  evidence: ImageEvidence;
  store: RecordStore | undefined;
  spooled: SpooledRecords | undefined;
  keep(files: ReadonlyMap<string, string>): Promise<void>;
  logger: Logger;
}

/**
 * Makes what reporting works through.
 *
 * @param where the store, the token and the folder to keep records in
 * @param environment the runner's variables
 * @param logger told of pauses
 */
export function connectReport(
  where: {
    bucket: string | undefined;
    endpoint: string | undefined;
    region: string;
    spool: string;
    githubToken: string | undefined;
  },
  environment: Readonly<Record<string, string | undefined>>,
  logger: Logger,
): Connected {
  const root = workspaceFolder();
  const { bucket, endpoint, region } = where;
  const github = githubOptions(where.githubToken, environment);
  const { workspace, renderer } = connectValidation(root, toolsFolder());
  return {
    workspace,
    renderer,
    history: gitHistory({ root, identity: { name: "", email: "" } }),
    evidence: ociRegistry(),
    store: bucket === undefined ? undefined : s3Records({ bucket, endpoint, region }),
    spooled: github === undefined ? undefined : githubArtifacts(github, SPOOL_ARTIFACT, logger),
    keep: (files) => keepIn(join(root, where.spool), files),
    logger,
  };
}

async function keepIn(folder: string, files: ReadonlyMap<string, string>): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const [name, text] of files) await writeFile(join(folder, name), text);
}
