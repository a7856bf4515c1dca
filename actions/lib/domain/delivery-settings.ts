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
}

/**
 * Reads how an environment wants to be delivered to.
 *
 * @param environment its name
 * @param text its `cicd/environment.yaml`; `undefined` when there is none
 * @returns `data.delivery`, a commit where it says nothing
 * @throws UserError when it says something else
 */
export function deliverySettings(environment: string, text: string | undefined): DeliverySettings {
  if (text === undefined) return { way: "commit", repoURL: undefined };
  const data = parseDocument(text, { prettyErrors: false }).get("data", true);
  const said = isMap(data) ? data.get("delivery", true) : undefined;
  const repoURL = isMap(data) ? data.get("repoURL") : undefined;
  const value = said === undefined ? "commit" : isScalar(said) ? said.value : undefined;
  const way = WAYS.find((known) => known === value);
  if (way !== undefined) return { way, repoURL: typeof repoURL === "string" ? repoURL : undefined };
  throw new UserError([
    {
      rule: "environment/delivery",
      severity: "error",
      file: `overlays/${environment}/cicd/environment.yaml`,
      ...new LineIndex(text).at(isScalar(said) ? (said.range?.[0] ?? 0) : 0),
      message: `data.delivery is ${JSON.stringify(value ?? null)}`,
      expected: WAYS.join(" or "),
      fix: "set data.delivery in the ConfigMap `environment`, or leave it out for commits",
    },
  ]);
}
