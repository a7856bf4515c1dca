import { registryHost } from "../domain/image-reference.ts";
import type { ProcessError } from "./process.ts";

/** Why crane failed: what is retried, what is an answer, and what a person must mend. */
export interface CraneFailure {
  kind: "missing" | "passing" | "lasting";
  /** One sentence for the user: which registry, what happened, what to do. */
  message: string;
}

/**
 * Reads what crane prints on standard error. Its own words are the only place where it says what happened: every
 * failure exits with 1.
 *
 * @param error crane's failure
 * @param reference the image it was about
 */
export function explainCraneFailure(error: ProcessError, reference: string): CraneFailure {
  const registry = registryHost(reference);
  if (error.failure === "timeout") {
    return lasting(
      `the registry ${registry} did not answer in time; is it overloaded, or is the network slow?`,
      error,
    );
  }
  if (error.failure !== "exit") return lasting(error.message);
  const last = lastLine(error.stderr);
  if (isMissing(error.stderr, last)) {
    return { kind: "missing", message: `${reference} is not in the registry ${registry}` };
  }
  // A registry's own error code says less than the status that the HEAD before it was answered with.
  const known =
    explanationOf(last) ?? explanationOf(/falling back on GET: (.*)/.exec(error.stderr)?.[1] ?? "");
  if (known === undefined) return lasting(`the registry ${registry}: ${last}`);
  return { kind: known.kind, message: `${known.say(registry)} (${last})` };
}

function explanationOf(line: string): Explanation | undefined {
  return EXPLANATIONS.find(({ pattern }) => pattern.test(line));
}

/**
 * A manifest that was asked for and answered by 404. When HEAD was, the GET that crane then tries may have another
 * answer; and a 404 of a token server, or of the place one pushes to, says nothing of the image.
 */
function isMissing(said: string, last: string): boolean {
  if (!/^(?:pulling \S+ )?GET \S+\/v2\/\S+\/manifests\/\S+ /.test(last)) return false;
  if (/\b(?:MANIFEST_UNKNOWN|NAME_UNKNOWN|NOT_FOUND)\b|status code 404/.test(last)) return true;
  return /falling back on GET: HEAD \S+ unexpected status code 404 /.test(said) && !ANOTHER_ANSWER.test(last);
}

const ANOTHER_ANSWER = /\b(?:UNAUTHORIZED|DENIED|TOOMANYREQUESTS)\b|status code \d/;

interface Explanation {
  pattern: RegExp;
  kind: "passing" | "lasting";
  say: (registry: string) => string;
}

/** The first that fits is told; what a retry may mend stands first only where it cannot be mistaken. */
const EXPLANATIONS: readonly Explanation[] = [
  {
    pattern: /could not parse reference/,
    kind: "lasting",
    say: (registry) => `the registry ${registry} or the image's name is not valid`,
  },
  {
    pattern: /^pushing .*\b(?:NAME_UNKNOWN|RepositoryNotFoundException)\b/,
    kind: "lasting",
    say: (registry) =>
      `the registry ${registry} has no such repository and makes none; create it there first`,
  },
  {
    pattern: /status code 429|\bTOOMANYREQUESTS\b/,
    kind: "passing",
    say: (registry) => `the registry ${registry} takes no more requests for now (429); try again later`,
  },
  {
    pattern: /status code 401|\bUNAUTHORIZED\b/,
    kind: "lasting",
    say: (registry) =>
      `the registry ${registry} wants a login (401); run docker/login-action before this step, or docker login ${registry}`,
  },
  {
    pattern: /status code 403|\bDENIED\b/,
    kind: "lasting",
    say: (registry) =>
      `the registry ${registry} denies it (403); the login needs the right to pull and push there ` +
      "(on GitHub: `permissions: packages: write`)",
  },
  {
    pattern: /status code 5\d\d|\bINTERNAL_SERVER_ERROR\b/,
    kind: "passing",
    say: (registry) => `the registry ${registry} fails (5xx); see its log, or try again later`,
  },
  {
    pattern: /connection refused/,
    kind: "lasting",
    say: (registry) =>
      `the registry ${registry} refuses the connection; is it running, and is this its port?`,
  },
  {
    pattern: /no such host|server misbehaving|name resolution/,
    kind: "lasting",
    say: (registry) => `there is no registry ${registry}; check its name and the network`,
  },
  {
    pattern: /network is unreachable|no route to host|i\/o timeout/,
    kind: "lasting",
    say: (registry) => `the registry ${registry} cannot be reached; check the network`,
  },
  {
    pattern: /x509:|tls:|certificate/,
    kind: "lasting",
    say: (registry) => `the registry ${registry} shows a certificate that is not trusted here`,
  },
  {
    pattern: /connection reset|broken pipe|\bEOF\b/,
    kind: "passing",
    say: (registry) => `the registry ${registry} closes the connection; see its log, or try again later`,
  },
  {
    pattern: /server gave HTTP response to HTTPS client/,
    kind: "lasting",
    say: (registry) =>
      `the registry ${registry} speaks plain HTTP, which only a registry on this machine may`,
  },
  {
    pattern:
      /response did not include|invalid character|looking for beginning of value|unsupported MediaType/,
    kind: "lasting",
    say: (registry) => `what answers at ${registry} is no container registry; check the address`,
  },
];

function lasting(message: string, error?: ProcessError): CraneFailure {
  const said = error === undefined ? "" : lastLine(error.stderr);
  return { kind: "lasting", message: said === "" ? message : `${message} (${said})` };
}

function lastLine(said: string): string {
  const line = said.trimEnd().split("\n").at(-1) ?? "";
  return line.replace(/^Error: /, "").replace(/^\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d /, "");
}
