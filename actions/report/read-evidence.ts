import type { PinnedImage } from "../lib/domain/built-image.ts";
import { settleInParallel } from "../lib/domain/settle-in-parallel.ts";
import {
  BUNDLE_TYPE,
  PREDICATES,
  SBOM_TYPE,
  STATEMENT_TYPE,
  signedStatement,
} from "../lib/domain/statement.ts";
import { UserError } from "../lib/domain/user-error.ts";
import type { ImageEvidence } from "../lib/ports/image-evidence.ts";
import type { Logger } from "../lib/ports/logger.ts";

const AT_ONCE = 8;
const NAMES: Readonly<Record<string, string>> = {
  [PREDICATES.signature]: "signature",
  [PREDICATES.provenance]: "provenance",
  [PREDICATES.sbom]: "sbom",
};

/**
 * Reads what is said of images, as it is stored beside them: signed bundles whole, since they prove what they say.
 *
 * @param images those that were built by this delivery; the others' is in earlier records
 * @param evidence the registry
 * @param logger told of images of which nothing could be read: no record waits for a registry
 * @returns texts by name: `images/<name>/sbom.json`, `images/<name>/provenance.sigstore.json`
 */
export async function readEvidence(
  images: readonly PinnedImage[],
  evidence: Pick<ImageEvidence, "attached">,
  logger: Logger,
): Promise<Record<string, string>> {
  const outcomes = await settleInParallel(AT_ONCE, images, async (image) => {
    const texts: [string, string][] = [];
    const put = (what: string, bytes: Uint8Array): void => {
      texts.push([`images/${image.name}/${what}.json`, new TextDecoder().decode(bytes)]);
    };
    for (const bundle of await evidence.attached(image, BUNDLE_TYPE)) {
      const known = NAMES[signedStatement(bundle)?.predicateType ?? ""];
      if (known !== undefined) put(`${known}.sigstore`, bundle);
    }
    if (texts.length > 0) return texts;
    for (const sbom of await evidence.attached(image, SBOM_TYPE)) put("sbom", sbom);
    for (const statement of await evidence.attached(image, STATEMENT_TYPE)) put("provenance", statement);
    return texts;
  });
  const found: [string, string][] = [];
  for (const [index, outcome] of outcomes.entries()) {
    if (outcome.status === "fulfilled") found.push(...outcome.value);
    else if (outcome.reason instanceof UserError) {
      logger.warning(
        `${images[index]?.name}: its SBOM and provenance are not in the record: ${outcome.reason.message}`,
      );
    } else throw outcome.reason;
  }
  return Object.fromEntries(found);
}
