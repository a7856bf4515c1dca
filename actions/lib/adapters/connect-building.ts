import { join } from "node:path";
import type { BaseImages } from "../ports/base-images.ts";
import type { BuildSource } from "../ports/build-source.ts";
import type { ImageEvidence } from "../ports/image-evidence.ts";
import type { ImageRegistry } from "../ports/image-registry.ts";
import type { Logger } from "../ports/logger.ts";
import type { Signer } from "../ports/signing.ts";
import type { Workspace } from "../ports/workspace.ts";
import { baseImages } from "./base-images.ts";
import { gitBuildSource } from "./git-build-source.ts";
import { gitWorkspace } from "./git-workspace.ts";
import { ociRegistry } from "./oci-registry.ts";

interface Connected {
  workspace: Workspace;
  registry: ImageRegistry & ImageEvidence;
  bases: BaseImages;
  source: BuildSource;
  signer: Signer | undefined;
  logger: Logger;
}

/**
 * Everything that building images works through.
 *
 * @param options the checkout, and who signs; nobody by default
 */
export async function connectBuilding(options: {
  root: string;
  logger: Logger;
  signingKey?: string | undefined;
  keyless?: boolean | undefined;
}): Promise<Connected> {
  const { root, logger, signingKey, keyless } = options;
  return {
    workspace: gitWorkspace(root),
    registry: ociRegistry(),
    bases: baseImages(root, join(root, "scripts/tools"), logger),
    source: gitBuildSource(root, process.env),
    signer: keyless || signingKey !== undefined ? await connectSigner(signingKey) : undefined,
    logger,
  };
}

/** Loaded only where something is signed: it is ten times what the rest is. */
async function connectSigner(key: string | undefined): Promise<Signer> {
  const { keylessSigner, keySigner } = await import("./sigstore-signer.ts");
  return key === undefined ? keylessSigner() : keySigner(key);
}
