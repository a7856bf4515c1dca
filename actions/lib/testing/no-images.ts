import type { ImageEvidence } from "../ports/image-evidence.ts";
import type { SignatureVerifier } from "../ports/signing.ts";

/** @returns ports for tests in which no registry may be asked: asking one is a bug */
export function noImages(): { evidence: ImageEvidence; verifier: SignatureVerifier } {
  const asked = async (): Promise<never> => {
    throw new Error("this test has no registry");
  };
  return {
    evidence: {
      digest: asked,
      manifest: asked,
      blob: asked,
      has: asked,
      attached: asked,
      attach: asked,
    },
    verifier: { verify: asked },
  };
}
