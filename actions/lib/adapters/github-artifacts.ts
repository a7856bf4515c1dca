import { unzipSync } from "fflate";
import { settleInParallel } from "../domain/settle-in-parallel.ts";
import { throwFailures } from "../domain/throw-failures.ts";
import type { Logger } from "../ports/logger.ts";
import type { SpooledRecords } from "../ports/spooled-records.ts";
import { type GitHubOptions, githubClient } from "./github-client.ts";
import { githubProblem } from "./github-failure.ts";

const PAGE = 100;
const AT_ONCE = 8;

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
        // A store that was down for a day has left more than a page: all of them, the published ones too.
        const artifacts = await client.paginate("GET /repos/{owner}/{repo}/actions/artifacts", {
          ...{ ...at, name, per_page: PAGE },
        });
        const open = artifacts.filter(({ id, expired }) => !expired && !done.has(String(id)));
        const outcomes = await settleInParallel(AT_ONCE, open, async ({ id }) => {
          const path = "GET /repos/{owner}/{repo}/actions/artifacts/{artifact_id}/{archive_format}";
          const answer = await client.request(path, { ...at, artifact_id: id, archive_format: "zip" });
          const files = unzipSync(new Uint8Array(answer.data as ArrayBuffer));
          return { id: String(id), files: new Map(Object.entries(files)) };
        });
        return throwFailures(outcomes);
      } catch (error) {
        throw githubProblem("cannot read what earlier runs kept", error);
      }
    },
  };
}
