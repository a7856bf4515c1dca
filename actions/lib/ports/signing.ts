import type { Statement } from "../domain/statement.ts";

/** Signs statements. */
export interface Signer {
  /** @returns a Sigstore bundle, as JSON */
  sign(statement: Statement): Promise<string>;
}

/** Whose signatures count. */
export type Trust =
  /** Who holds the private half of a key (PEM). */
  | { kind: "key"; publicKey: string }
  /** A workflow that GitHub vouches for: `https://github.com/acme/lake/.github/workflows/deliver.yml@refs/heads/main`. */
  | { kind: "identity"; identity: string };

/** Who has signed. */
export type SignedBy = { kind: "key" } | { kind: "identity"; identity: string; issuer: string };

/** What a signature proves. */
export type Verified = { ok: true; statement: Statement; signedBy: SignedBy } | { ok: false; reason: string };

/** Checks signatures; it does not judge what they say. */
export interface SignatureVerifier {
  /** @param bundle a Sigstore bundle, as it was found beside an image */
  verify(bundle: Uint8Array, trust: Trust): Promise<Verified>;
}
