import type { PinnedImage } from "../domain/built-image.ts";
import type { DeliverySettings } from "../domain/delivery-settings.ts";
import { formatImageReference } from "../domain/image-reference.ts";
import { type Checked, type Expected, judgeImage } from "../domain/judge-image.ts";
import { settleInParallel } from "../domain/settle-in-parallel.ts";
import { parseManifest } from "../domain/stack-image.ts";
import { BUNDLE_TYPE } from "../domain/statement.ts";
import { UserError } from "../domain/user-error.ts";
import type { ImageEvidence } from "../ports/image-evidence.ts";
import type { SignatureVerifier, Trust } from "../ports/signing.ts";
import type { Workspace } from "../ports/workspace.ts";

/** What images are verified through. */
export interface VerifyPorts {
  evidence: ImageEvidence;
  verifier: SignatureVerifier;
}

/** Whose images an environment takes. */
export interface TrustedSigner {
  trust: Trust;
  /** The repository that they must be built from. */
  source: string | undefined;
}

const AT_ONCE = 8;
/** What build-images makes is small; a base's layers are checked by whoever unpacks them. */
const READ_AT_MOST = 256 * 1024 * 1024;

/**
 * Refuses images that are not ours: changed in the registry, unsigned, signed by somebody else, or built from
 * something else than this repository's own branch.
 *
 * @param images that shall run
 * @param signer whose count
 * @param ports the registry, and what checks signatures
 * @throws UserError that names each image and the reason
 */
export async function verifyImages(
  images: readonly PinnedImage[],
  signer: TrustedSigner,
  ports: VerifyPorts,
): Promise<void> {
  const outcomes = await settleInParallel(AT_ONCE, images, (image) => refuse(image, signer, ports));
  const refused = images.flatMap(({ name, reference }, index) => {
    const outcome = outcomes[index];
    if (outcome?.status === "fulfilled") {
      return outcome.value === undefined ? [] : [`${name} (${reference}): ${outcome.value}`];
    }
    if (!(outcome?.reason instanceof UserError)) throw outcome?.reason;
    return [`${name} (${reference}): ${outcome.reason.message}`];
  });
  if (refused.length === 0) return;
  throw new UserError(`These images are not to be trusted, and nothing was changed:\n${refused.join("\n")}`);
}

/** @returns why the image is refused, or `undefined` */
async function refuse(
  { repository, tag, digest }: PinnedImage,
  { trust, source }: TrustedSigner,
  { evidence, verifier }: VerifyPorts,
): Promise<string | undefined> {
  const tagged = formatImageReference({ repository, tag, digest: undefined });
  const now = await evidence.digest(tagged);
  if (now === undefined) return `there is no ${tagged} in the registry`;
  if (now !== digest) return `its tag was moved: ${tagged} is ${now} now`;
  const broken = await whyBroken({ repository, digest }, evidence);
  if (broken !== undefined) return broken;
  const bundles = await evidence.attached({ repository, digest }, BUNDLE_TYPE);
  const checked: Checked[] = await Promise.all(bundles.map((bundle) => verifier.verify(bundle, trust)));
  const expected: Expected = { identity: trust.kind === "identity" ? trust.identity : undefined, source };
  return judgeImage(digest, checked, expected);
}

async function whyBroken(
  image: { repository: string; digest: string },
  evidence: ImageEvidence,
): Promise<string | undefined> {
  const bytes = await evidence.manifest(image);
  if (bytes === undefined) return "its manifest is not in the registry";
  const manifest = parseManifest(bytes, image.repository);
  if (Array.isArray(manifest)) return undefined;
  const own = manifest.layers.at(-1);
  for (const layer of [manifest.config, ...manifest.layers]) {
    // Reading it checks its hash.
    const read = layer === own && layer.size <= READ_AT_MOST;
    const there = read
      ? (await evidence.blob(image.repository, layer)) !== undefined
      : await evidence.has(image.repository, layer.digest);
    if (!there) return `the registry has lost ${layer.digest}, a part of it`;
  }
  return undefined;
}

/**
 * Reads whose images an environment takes.
 *
 * @param environment its name
 * @param settings what it says
 * @param workspace has the public key
 * @returns `undefined` where it takes anybody's
 * @throws UserError when its key is not there
 */
export async function readTrustedSigner(
  environment: string,
  { signedBy, repoURL }: DeliverySettings,
  workspace: Workspace,
): Promise<TrustedSigner | undefined> {
  if (signedBy === undefined) return undefined;
  if (signedBy.kind === "identity") {
    return { trust: signedBy, source: signedBy.identity.replace(/\/\.github\/.*$/, "") };
  }
  if (!(await workspace.exists(signedBy.file))) {
    throw new UserError(
      `overlays/${environment}/cicd/environment.yaml: data.signed-by names ${signedBy.file}, which is not there; commit the public key, or name where it is`,
    );
  }
  const publicKey = new TextDecoder().decode(await workspace.read(signedBy.file));
  return { trust: { kind: "key", publicKey }, source: repoURL };
}

/**
 * Makes a check that asks for each image once, however often a bump is planned anew.
 *
 * @param signer whose images count; `undefined` for anybody's
 * @param ports the registry, and what checks signatures
 * @returns a function that throws as `verifyImages` does
 */
export function imageVerification(
  signer: TrustedSigner | undefined,
  ports: VerifyPorts,
): (images: readonly PinnedImage[]) => Promise<void> {
  const verified = new Set<string>();
  return async (images) => {
    if (signer === undefined) return;
    await verifyImages(
      images.filter(({ reference }) => !verified.has(reference)),
      signer,
      ports,
    );
    for (const { reference } of images) verified.add(reference);
  };
}
