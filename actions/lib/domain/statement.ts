/** How a Sigstore bundle is stored beside an image; cosign 3 and `gh attestation` look for the same. */
export const BUNDLE_TYPE = "application/vnd.dev.sigstore.bundle.v0.3+json";
/** How a list of contents is stored that nobody signs. */
export const SBOM_TYPE = "application/vnd.cyclonedx+json";
/** How a statement is signed. */
export const STATEMENT_TYPE = "application/vnd.in-toto+json";

/** What is said of an image: that it is ours (as cosign says it), how it was made, and what is in it. */
export const PREDICATES = {
  signature: "https://sigstore.dev/cosign/sign/v1",
  provenance: "https://slsa.dev/provenance/v1",
  sbom: "https://cyclonedx.org/bom",
} as const;

/** An in-toto statement: a predicate about things that are known by their hashes. */
export interface Statement {
  _type: "https://in-toto.io/Statement/v1";
  subject: readonly { name?: string; digest: Readonly<Record<string, string>> }[];
  predicateType: string;
  predicate: unknown;
}

/**
 * Says something of one image.
 *
 * @param image `<registry>/<name>` and its digest
 * @param predicateType what kind of thing is said
 * @param predicate what is said
 */
export function aboutImage(
  image: { repository: string; digest: string },
  predicateType: string,
  predicate: unknown,
): Statement {
  const [algorithm = "", hash = ""] = image.digest.split(":");
  const subject = [{ name: image.repository, digest: { [algorithm]: hash } }];
  return { _type: "https://in-toto.io/Statement/v1", subject, predicateType, predicate };
}

/** @returns whether a statement is about the image with this digest */
export function isAbout(statement: Statement, digest: string): boolean {
  const [algorithm = "", hash = ""] = digest.split(":");
  return statement.subject.some((subject) => subject.digest[algorithm] === hash);
}

/**
 * @param value parsed JSON
 * @returns it as a statement, or `undefined` when it is none
 */
export function asStatement(value: unknown): Statement | undefined {
  const { subject, predicateType, predicate } = (value ?? {}) as Partial<Statement>;
  const sound =
    Array.isArray(subject) &&
    subject.every((one) => typeof one?.digest === "object" && one.digest !== null) &&
    typeof predicateType === "string" &&
    predicate !== undefined;
  return sound ? (value as Statement) : undefined;
}

/**
 * Reads what a bundle says, without asking whether it is signed as it should be.
 *
 * @param bundle a Sigstore bundle
 * @returns `undefined` when it holds no statement
 */
export function signedStatement(bundle: Uint8Array): Statement | undefined {
  try {
    const { dsseEnvelope } = JSON.parse(new TextDecoder().decode(bundle)) as {
      dsseEnvelope?: { payload?: string };
    };
    return asStatement(JSON.parse(Buffer.from(dsseEnvelope?.payload ?? "", "base64").toString()));
  } catch {
    return undefined;
  }
}
