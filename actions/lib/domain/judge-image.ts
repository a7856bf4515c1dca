import { type Origin, readOrigin, repositoryAddress } from "./provenance.ts";
import { isAbout, PREDICATES, type Statement } from "./statement.ts";

/** A signature that was checked: what it says, and who says it; or why it does not count. */
export type Checked =
  | {
      ok: true;
      statement: Statement;
      signedBy: { kind: "key" } | { kind: "identity"; identity: string; issuer: string };
    }
  | { ok: false; reason: string };

/** What must be so. */
export interface Expected {
  /** The workflow that must have signed; `undefined` where a key does. */
  identity: string | undefined;
  /** Address of the repository that images must be built from; `undefined` where any will do. */
  source: string | undefined;
}

/** GitHub's word for its own jobs. */
const ISSUER = "https://token.actions.githubusercontent.com";
const PULL_REQUEST = /(?:^|@)refs\/pull\//;

/**
 * Decides whether what is signed of an image makes it ours.
 *
 * @param digest of the image
 * @param checked the signatures that were found beside it
 * @param expected who must have signed, and from which repository
 * @returns the reason to refuse it, or `undefined`
 */
export function judgeImage(
  digest: string,
  checked: readonly Checked[],
  expected: Expected,
): string | undefined {
  if (checked.length === 0) return "it is not signed";
  const sound = checked.filter((one) => one.ok);
  if (sound.length === 0) return `no signature of it holds: ${reasonsOf(checked)}`;
  const own = sound.filter(({ statement }) => isAbout(statement, digest));
  if (own.length === 0) return "what is signed is another image";
  const trusted = own.filter((one) => refuseSigner(one, expected) === undefined);
  if (trusted.length === 0) return own.map((one) => refuseSigner(one, expected)).find(Boolean);
  const statements = trusted.map(({ statement }) => statement);
  if (!statements.some(({ predicateType }) => predicateType === PREDICATES.signature)) {
    return "what is said of it is signed, the image itself is not";
  }
  const provenances = statements.filter(({ predicateType }) => predicateType === PREDICATES.provenance);
  if (provenances.length === 0) return "nothing signed tells what it was built from (no SLSA provenance)";
  const reasons = provenances.map(({ predicate }) => refuseOrigin(readOrigin(predicate), expected.source));
  return reasons.includes(undefined) ? undefined : reasons[0];
}

function refuseSigner({ signedBy }: Checked & { ok: true }, { identity }: Expected): string | undefined {
  if (signedBy.kind === "key" || identity === undefined) return undefined;
  if (signedBy.issuer !== ISSUER) return `it was signed by an identity of ${signedBy.issuer}, not of GitHub`;
  if (signedBy.identity === identity) return undefined;
  const request = PULL_REQUEST.test(signedBy.identity) ? ", a pull request's run" : "";
  return `it was signed by ${signedBy.identity}${request}; only ${identity} may`;
}

function refuseOrigin(origin: Origin, source: string | undefined): string | undefined {
  if (origin.ref !== undefined && PULL_REQUEST.test(origin.ref)) {
    return `it was built for a pull request (${origin.ref})`;
  }
  if (origin.dirty) return "it was built from files that are in no commit";
  const wanted = source === undefined ? undefined : repositoryAddress(source);
  if (wanted === undefined) return undefined;
  const built = origin.source === undefined ? undefined : repositoryAddress(origin.source);
  return built === wanted ? undefined : `it was built from ${built ?? "no repository"}, not from ${wanted}`;
}

function reasonsOf(checked: readonly Checked[]): string {
  return [...new Set(checked.flatMap((one) => (one.ok ? [] : [one.reason])))].join("; ");
}
