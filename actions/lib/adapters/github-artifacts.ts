import { unzipSync } from "fflate";
import type { Logger } from "../ports/logger.ts";
import type { SpooledRecords } from "../ports/spooled-records.ts";
import { type GitHubOptions, githubClient } from "./github-client.ts";
import { githubProblem } from "./github-failure.ts";

/** More would not be a spool but a store. */
const MOST = 100;

/**
 * Finds what earlier runs kept as artifacts.
 *
 * @param github the repository on GitHub; its token needs `actions: read`
 * @param name the artifacts' name
 * @param logger told of pauses
 */
export function githubArtifacts(github: GitHubOptions, name: string, logger: Logger): SpooledRecords {
  const client = githubClient(github, logger);
  const at = { owner: github.owner, repo: github.repository };
  return {
    earlier: async (done) => {
      try {
        const { data } = await client.request("GET /repos/{owner}/{repo}/actions/artifacts", {
          ...{ ...at, name, per_page: MOST },
        });
        const open = data.artifacts.filter(({ id, expired }) => !expired && !done.has(String(id)));
        return await Promise.all(
          open.map(async ({ id }) => {
            const path = "GET /repos/{owner}/{repo}/actions/artifacts/{artifact_id}/{archive_format}";
            const answer = await client.request(path, { ...at, artifact_id: id, archive_format: "zip" });
            const files = unzipSync(new Uint8Array(answer.data as ArrayBuffer));
            return { id: String(id), files: new Map(Object.entries(files)) };
          }),
        );
      } catch (error) {
        throw githubProblem("cannot read what earlier runs kept", error);
      }
    },
  };
}
