import type { BaseImages } from "../lib/ports/base-images.ts";
import type { BuildSource } from "../lib/ports/build-source.ts";
import type { ImageEvidence } from "../lib/ports/image-evidence.ts";
import type { ImageRegistry } from "../lib/ports/image-registry.ts";
import type { Logger } from "../lib/ports/logger.ts";
import type { Signer } from "../lib/ports/signing.ts";
import type { Workspace } from "../lib/ports/workspace.ts";

/** What this action works through. */
export interface Ports {
  workspace: Workspace;
  registry: ImageRegistry & Pick<ImageEvidence, "attach">;
  /** What the Dockerfiles make. */
  bases: BaseImages;
  source: BuildSource;
  /** `undefined` leaves images unsigned. */
  signer: Signer | undefined;
  logger: Logger;
}
