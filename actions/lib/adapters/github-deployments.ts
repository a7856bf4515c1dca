import type { Deployments, EnvironmentHealth, Health } from "../ports/deployments.ts";
import type { Logger } from "../ports/logger.ts";
import { type GitHubClient, type GitHubOptions, githubClient } from "./github-client.ts";
import { githubProblem } from "./github-failure.ts";

/** GitHub cuts longer ones off, with an error. */
const LONGEST = 140;
/** Of deployments, newest first: a busy day's. */
const LOOKED_AT = 30;

/**
 * GitHub Deployments of the environments, and a status on the commit that images were built from. Nobody's delivery
 * fails since a status could not be written: that is told in the log alone.
 *
 * @param github the repository; the token needs `deployments: write` and `statuses: write`
 * @param logger told of what could not be written
 */
export function githubDeployments(github: GitHubOptions, logger: Logger): Deployments & EnvironmentHealth {
  const client = githubClient(github, logger);
  const at = { owner: github.owner, repo: github.repository };
  return {
    begin: async ({ environment, commit, source, description }) => {
      const short = description.slice(0, LONGEST);
      const page = `${github.serverUrl.replace(/\/+$/, "")}/${at.owner}/${at.repo}/commit/${commit}`;
      await attempt("deployment", logger, async () => {
        const { data } = await client.request("POST /repos/{owner}/{repo}/deployments", {
          ...{ ...at, ref: commit, environment, description: short, auto_merge: false },
          // None of them may hold up what was committed already.
          required_contexts: [],
          payload: { source: source ?? null },
        });
        if (!("id" in data) || typeof data.id !== "number") return;
        // The cluster's side ends it: Argo CD says whether it is healthy there.
        await client.request("POST /repos/{owner}/{repo}/deployments/{deployment_id}/statuses", {
          ...{ ...at, deployment_id: data.id, state: "in_progress", description: short },
        });
      });
      if (source === undefined) return;
      await attempt("status", logger, async () => {
        await client.request("POST /repos/{owner}/{repo}/statuses/{sha}", {
          ...{ ...at, sha: source, state: "success", context: `wavehouse/${environment}` },
          ...{ description: short, target_url: page },
        });
      });
    },
    of: async (environment, proves) => {
      try {
        return await healthOf(client, { ...at, environment }, proves);
      } catch (error) {
        throw githubProblem(`cannot read the deployments of ${environment}`, error);
      }
    },
  };
}

async function attempt(what: string, logger: Logger, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    logger.warning(
      `The delivery is done, but not told: ${githubProblem(`no ${what} was made`, error).message}`,
    );
  }
}

/** The newest word on a commit that proves what is asked. */
async function healthOf(
  client: GitHubClient,
  at: { owner: string; repo: string; environment: string },
  proves: (commit: string) => Promise<boolean>,
): Promise<Health> {
  const { environment } = at;
  const { data: deployments } = await client.request("GET /repos/{owner}/{repo}/deployments", {
    ...{ ...at, per_page: LOOKED_AT },
  });
  let waits = false;
  for (const { id, sha } of deployments) {
    if (!(await proves(sha))) continue;
    const { data: statuses } = await client.request(
      "GET /repos/{owner}/{repo}/deployments/{deployment_id}/statuses",
      { owner: at.owner, repo: at.repo, deployment_id: Number(id), per_page: 1 },
    );
    const state = statuses[0]?.state ?? "pending";
    const told = `its deployment of ${sha.slice(0, 12)} says ${state}`;
    if (state === "success" || state === "inactive") return { state: "healthy", told };
    if (state === "failure" || state === "error") return { state: "unhealthy", told };
    waits = true;
  }
  const told = waits ? "its deployment has not ended" : `no deployment tells how ${environment} is with it`;
  return { state: "unknown", told };
}
