import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign } from "node:crypto";
import { bundleToJSON, type SerializedBundle } from "@sigstore/bundle";
import { CIContextProvider, DSSEBundleBuilder, FulcioSigner, RekorWitness } from "@sigstore/sign";
import { STATEMENT_TYPE } from "../domain/statement.ts";
import { UserError } from "../domain/user-error.ts";
import type { Signer } from "../ports/signing.ts";

/** Where certificates are made and signatures are logged; Sigstore's public service by default. */
export interface KeylessOptions {
  fulcioUrl?: string;
  rekorUrl?: string;
  /** Gives the token that says who we are; the CI's by default. */
  identityToken?: () => Promise<string>;
}

/**
 * Signs with a key of one's own. What it makes verifies with `cosign verify --key` too.
 *
 * @param pem an EC private key on P-256, PKCS #8, without a password
 * @throws UserError when it is none
 */
export function keySigner(pem: string): Signer {
  const key = parseKey(pem);
  const spki = createPublicKey(key).export({ format: "der", type: "spki" });
  const hint = createHash("sha256").update(spki).digest("base64");
  const publicKey = createPublicKey(key).export({ format: "pem", type: "spki" }).toString();
  const builder = new DSSEBundleBuilder({
    signer: {
      sign: async (data) => ({
        signature: sign("sha256", data, key),
        key: { $case: "publicKey", publicKey, hint },
      }),
    },
    witnesses: [],
  });
  return signerOf(builder);
}

/**
 * Signs with what GitHub says this job is: the key lives for one signature, its certificate names the workflow, and a
 * public log tells that it was used.
 *
 * @param options other servers
 */
export function keylessSigner(options: KeylessOptions = {}): Signer {
  const ci = new CIContextProvider("sigstore");
  const identityProvider = { getToken: options.identityToken ?? (() => ci.getToken()) };
  const retry = { retry: { retries: 3 }, timeout: 30_000 };
  const signer = new FulcioSigner({
    identityProvider,
    ...retry,
    ...(options.fulcioUrl === undefined ? {} : { fulcioBaseURL: options.fulcioUrl }),
  });
  const witness = new RekorWitness({
    ...retry,
    entryType: "dsse",
    ...(options.rekorUrl === undefined ? {} : { rekorBaseURL: options.rekorUrl }),
  });
  return signerOf(new DSSEBundleBuilder({ signer, witnesses: [witness] }));
}

function signerOf(builder: DSSEBundleBuilder): Signer {
  return {
    sign: async (statement) => {
      try {
        const data = Buffer.from(JSON.stringify(statement));
        const made = bundleToJSON(await builder.create({ data, type: STATEMENT_TYPE }));
        return JSON.stringify(withoutKeyId(made));
      } catch (error) {
        throw new UserError(`cannot sign: ${reasonOf(error)}`, { cause: error });
      }
    },
  };
}

/** cosign computes a key's id in a way of its own, and passes over a signature that names another; the hint stays. */
function withoutKeyId(bundle: SerializedBundle): SerializedBundle {
  const { dsseEnvelope } = bundle;
  if (dsseEnvelope === undefined) return bundle;
  const signatures = dsseEnvelope.signatures.map((signature) => ({ ...signature, keyid: "" }));
  return { ...bundle, dsseEnvelope: { ...dsseEnvelope, signatures } };
}

function reasonOf(error: unknown): string {
  const { code, message } = error as { code?: string; message?: string };
  if (code === "IDENTITY_TOKEN_READ_ERROR") {
    return "there is no identity to sign with; give the job `permissions: id-token: write`, or give a signing-key";
  }
  // Its own message would put the token into the log.
  if (code === "IDENTITY_TOKEN_PARSE_ERROR") {
    return "the runner has refused the token that says who signs, or gave none that can be read; look whether the job may have `permissions: id-token: write`, or give a signing-key";
  }
  return `${message ?? String(error)}${code === undefined ? "" : ` (${code})`}`;
}

function parseKey(pem: string): KeyObject {
  const expected =
    "expected a PEM file from `openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256`, without a password";
  let key: KeyObject;
  try {
    key = createPrivateKey(pem);
  } catch (cause) {
    throw new UserError(`Input \`signing-key\` is no private key; ${expected}`, { cause });
  }
  if (key.asymmetricKeyType === "ec" && key.asymmetricKeyDetails?.namedCurve === "prime256v1") return key;
  throw new UserError(`Input \`signing-key\` is of another kind (${key.asymmetricKeyType}); ${expected}`);
}
