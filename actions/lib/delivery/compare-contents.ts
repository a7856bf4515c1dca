import type { ImageMove } from "../domain/plan-bump.ts";
import { compareSboms } from "../domain/sbom.ts";
import { settleInParallel } from "../domain/settle-in-parallel.ts";
import { BUNDLE_TYPE, PREDICATES, SBOM_TYPE, signedStatement } from "../domain/statement.ts";
import { UserError } from "../domain/user-error.ts";
import type { ImageEvidence } from "../ports/image-evidence.ts";
import { type ImageContentsChange, renderContentsChanges } from "../render/render-contents-changes.ts";

const AT_ONCE = 8;
/** The pipelines' images stand on a few bases: more would tell the same again. */
const COMPARED = 50;

/**
 * Tells a reviewer which packages come, go or change with a bump, from the images' lists of contents.
 *
 * @param moves the images
 * @param evidence the registry; an image whose list cannot be read is told as such
 * @returns Markdown, to be put below what moves
 */
export async function compareContents(
  moves: readonly ImageMove[],
  evidence: Pick<ImageEvidence, "attached">,
): Promise<string> {
  const pinned = moves.filter(({ from }) => from.newName !== undefined && from.digest !== undefined);
  const outcomes = await settleInParallel(AT_ONCE, pinned.slice(0, COMPARED), async ({ from, to }) => {
    const [before, after] = await Promise.all([readSbom(from, evidence), readSbom(to, evidence)]);
    return before === undefined || after === undefined ? undefined : compareSboms(before, after);
  });
  const changes = outcomes.map((outcome, index): ImageContentsChange => {
    if (outcome.status === "rejected" && !(outcome.reason instanceof UserError)) throw outcome.reason;
    const libraries = outcome.status === "fulfilled" ? outcome.value : undefined;
    return { image: pinned[index]?.image ?? "", libraries };
  });
  return renderContentsChanges(changes);
}

async function readSbom(
  { newName = "", digest = "" }: ImageMove["to"],
  evidence: Pick<ImageEvidence, "attached">,
): Promise<unknown> {
  const image = { repository: newName, digest };
  const statements = (await evidence.attached(image, BUNDLE_TYPE)).map(signedStatement);
  const signed = statements.find((statement) => statement?.predicateType === PREDICATES.sbom);
  if (signed !== undefined) return signed.predicate;
  const [plain] = await evidence.attached(image, SBOM_TYPE);
  return plain === undefined ? undefined : JSON.parse(new TextDecoder().decode(plain));
}
