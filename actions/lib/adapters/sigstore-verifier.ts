import { createPublicKey } from "node:crypto";
import { bundleFromJSON, isBundleWithDsseEnvelope } from "@sigstore/bundle";
import { getTrustedRoot } from "@sigstore/tuf";
import { type TrustMaterial, toSignedEntity, toTrustMaterial, Verifier } from "@sigstore/verify";
import { asStatement, STATEMENT_TYPE } from "../domain/statement.ts";
import { UserError } from "../domain/user-error.ts";
import type { SignatureVerifier, Trust, Verified } from "../ports/signing.ts";

/**
 * Checks Sigstore bundles: by a key that we have, or by Sigstore's certificates and its public log.
 *
 * @param publicRoot Sigstore's keys; fetched, and checked by TUF, when they are first needed
 */
export function sigstoreVerifier(
  publicRoot: () => Promise<TrustMaterial> = fetchPublicRoot,
): SignatureVerifier {
  let root: Promise<TrustMaterial> | undefined;
  return {
    verify: async (bytes, trust) => {
      if (trust.kind === "key") return check(bytes, new Verifier(keyMaterial(trust), OWN_KEY), trust);
      root ??= publicRoot();
      return check(bytes, new Verifier(await root), trust);
    },
  };
}

/** One's own key is not in any log, and asks nobody for the time. */
const OWN_KEY = { tlogThreshold: 0, ctlogThreshold: 0, timestampThreshold: 0 };

function check(bytes: Uint8Array, verifier: Verifier, trust: Trust): Verified {
  try {
    const bundle = bundleFromJSON(JSON.parse(new TextDecoder().decode(bytes)));
    if (!isBundleWithDsseEnvelope(bundle)) return refused("it signs no statement");
    const { payload, payloadType } = bundle.content.dsseEnvelope;
    if (payloadType !== STATEMENT_TYPE) return refused(`it signs a ${payloadType}`);
    const isKey = bundle.verificationMaterial.content.$case === "publicKey";
    if (isKey !== (trust.kind === "key")) {
      return refused(isKey ? "it is by a key, not by a workflow" : "it is by a workflow, not by the key");
    }
    const { identity } = verifier.verify(toSignedEntity(bundle));
    const statement = asStatement(JSON.parse(payload.toString()));
    if (statement === undefined) return refused("it signs what is no in-toto statement");
    if (isKey) return { ok: true, statement, signedBy: { kind: "key" } };
    const { subjectAlternativeName = "", extensions } = identity ?? {};
    const signedBy = {
      kind: "identity" as const,
      identity: subjectAlternativeName,
      issuer: extensions?.issuer ?? "",
    };
    return { ok: true, statement, signedBy };
  } catch (error) {
    return refused(error instanceof Error ? error.message : String(error));
  }
}

function refused(reason: string): Verified {
  return { ok: false, reason };
}

function keyMaterial(trust: Trust & { kind: "key" }): TrustMaterial {
  let publicKey: ReturnType<typeof createPublicKey>;
  try {
    publicKey = createPublicKey(trust.publicKey);
  } catch (cause) {
    throw new UserError("the key of `signed-by` is no public key in PEM", { cause });
  }
  return {
    certificateAuthorities: [],
    timestampAuthorities: [],
    tlogs: [],
    ctlogs: [],
    publicKey: () => ({ publicKey, validFor: () => true }),
  };
}

async function fetchPublicRoot(): Promise<TrustMaterial> {
  try {
    return toTrustMaterial(await getTrustedRoot());
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UserError(`cannot fetch Sigstore's keys to check signatures with: ${reason}`, { cause: error });
  }
}
