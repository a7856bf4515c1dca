import { isMap, isScalar, parseDocument } from "yaml";
import { LineIndex } from "./line-index.ts";
import { UserError } from "./user-error.ts";

/** How a change reaches an environment's branch. */
export const WAYS = ["commit", "pull-request"] as const;
export type Way = (typeof WAYS)[number];

/** What an environment says of its deliveries. */
export interface DeliverySettings {
  way: Way;
  /** The repository as Argo CD reads it. */
  repoURL: string | undefined;
  /** Whose images it takes; `undefined` takes anybody's. */
  signedBy: SignedBy | undefined;
}

/** Who must have signed: a workflow, by its address, or who holds a key, by the file of its public half. */
export type SignedBy = { kind: "identity"; identity: string } | { kind: "key"; file: string };

/**
 * Reads how an environment wants to be delivered to.
 *
 * @param environment its name
 * @param text its `cicd/environment.yaml`; `undefined` when there is none
 * @returns `data.delivery`, a commit where it says nothing
 * @throws UserError when it says something else
 */
export function deliverySettings(environment: string, text: string | undefined): DeliverySettings {
  if (text === undefined) return { way: "commit", repoURL: undefined, signedBy: undefined };
  const data = parseDocument(text, { prettyErrors: false }).get("data", true);
  const said = isMap(data) ? data.get("delivery", true) : undefined;
  const address = isMap(data) ? data.get("repoURL") : undefined;
  const repoURL = typeof address === "string" ? address : undefined;
  const signedBy = readSignedBy(environment, text, isMap(data) ? data.get("signed-by", true) : undefined);
  const value = said === undefined ? "commit" : isScalar(said) ? said.value : undefined;
  const way = WAYS.find((known) => known === value);
  if (way !== undefined) return { way, repoURL, signedBy };
  throw wrong(environment, text, said, {
    message: `data.delivery is ${JSON.stringify(value ?? null)}`,
    expected: WAYS.join(" or "),
    fix: "set data.delivery in the ConfigMap `environment`, or leave it out for commits",
  });
}

/** As certificates name a workflow of GitHub's, or of a server of one's own. */
const WORKFLOW = /^https:\/\/[^/]+\/[^/]+\/[^/]+\/\.github\/workflows\/[^/@]+@refs\/\S+$/;
const FILE = /^(?!.*(?:^|\/)\.\.(?:\/|$))[\w.][\w./-]*\.(?:pub|pem)$/;

/** What cannot be read must not be taken for "anybody". */
function readSignedBy(environment: string, text: string, said: unknown): SignedBy | undefined {
  const elsewhere = /^[ \t]*["']?signed-by["']?[ \t]*:/m.exec(text);
  // A check that is asked for in the wrong place must not be left out in silence.
  if (said === undefined && elsewhere === null) return undefined;
  const value = isScalar(said) ? said.value : undefined;
  if (typeof value === "string" && WORKFLOW.test(value)) return { kind: "identity", identity: value };
  if (typeof value === "string" && FILE.test(value)) return { kind: "key", file: value };
  throw wrong(environment, text, said, {
    message: `data.signed-by is ${said === undefined ? "written outside of data" : JSON.stringify(value ?? null)}`,
    expected:
      "a workflow, https://github.com/acme/lake/.github/workflows/deliver.yml@refs/heads/main, or the path of a public key from the repository's root, ending in .pub or .pem",
    fix: "set data.signed-by in the ConfigMap `environment`, or leave it out to take unsigned images",
  });
}

function wrong(
  environment: string,
  text: string,
  at: unknown,
  told: { message: string; expected: string; fix: string },
): UserError {
  const offset = isScalar(at) ? (at.range?.[0] ?? 0) : 0;
  const file = `overlays/${environment}/cicd/environment.yaml`;
  return new UserError([
    { rule: "environment/delivery", severity: "error", file, ...new LineIndex(text).at(offset), ...told },
  ]);
}
