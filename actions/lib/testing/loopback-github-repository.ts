import { randomBytes } from "node:crypto";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { ProcessError, runProcess } from "../adapters/process.ts";

/** What `createCommitOnBranch` does, on a real bare repository. */
export interface CommitRequest {
  branch: string;
  expected: string;
  headline: string;
  body: string;
  additions: readonly { path: string; contents: string }[];
  deletions: readonly { path: string }[];
}

/** One branch moved from one commit to another, as `updateRefs` takes it. */
export interface RefUpdate {
  name: string;
  before: string | undefined;
  after: string;
}

const ZERO = "0".repeat(40);

/**
 * @param folder the bare repository
 * @param args Git's arguments
 * @returns what it printed, without the last line end
 */
export async function bareGit(
  folder: string,
  args: readonly string[],
  more: { stdin?: string | Uint8Array; env?: Record<string, string> } = {},
): Promise<string> {
  const { stdout } = await runProcess({ file: "git", args, cwd: folder, ...more });
  return stdout.toString().replace(/\n$/, "");
}

/** @returns the commit that a branch is at, or `undefined` */
export async function branchHead(folder: string, branch: string): Promise<string | undefined> {
  return bareGit(folder, ["rev-parse", "--verify", "--quiet", `refs/heads/${branch}`]).catch(() => undefined);
}

/** @returns the new commit, or `stale` when the branch is not at the expected one */
export async function commitOnBranch(folder: string, request: CommitRequest): Promise<string | "stale"> {
  if ((await branchHead(folder, request.branch)) !== request.expected) return "stale";
  const index = join(folder, `index-${randomBytes(6).toString("hex")}`);
  const env = { GIT_INDEX_FILE: index, ...IDENTITY };
  try {
    await bareGit(folder, ["read-tree", request.expected], { env });
    const lines = await Promise.all(
      request.additions.map(async ({ path, contents }) => {
        const object = await bareGit(folder, ["hash-object", "-w", "--stdin"], {
          stdin: Buffer.from(contents, "base64"),
        });
        return `100644 ${object}\t${path}\n`;
      }),
    );
    for (const { path } of request.deletions) lines.push(`0 ${ZERO}\t${path}\n`);
    await bareGit(folder, ["update-index", "--index-info"], { env, stdin: lines.join("") });
    const tree = await bareGit(folder, ["write-tree"], { env });
    const message =
      request.body === "" ? `${request.headline}\n` : `${request.headline}\n\n${request.body}\n`;
    const commit = await bareGit(folder, ["commit-tree", tree, "-p", request.expected, "-F", "-"], {
      env,
      stdin: message,
    });
    const moved = await updateRefs(folder, [
      { name: `refs/heads/${request.branch}`, before: request.expected, after: commit },
    ]);
    return moved ? commit : "stale";
  } finally {
    await rm(index, { force: true });
  }
}

const IDENTITY = {
  GIT_AUTHOR_NAME: "wavehouse[bot]",
  GIT_AUTHOR_EMAIL: "bot@example.invalid",
  GIT_COMMITTER_NAME: "GitHub",
  GIT_COMMITTER_EMAIL: "noreply@github.com",
};

/** @returns whether all of them moved; false when one is not where it was expected: then none has moved */
export async function updateRefs(folder: string, updates: readonly RefUpdate[]): Promise<boolean> {
  const lines = updates.map(({ name, before, after }) =>
    after === ZERO ? `delete ${name} ${before ?? ""}` : `update ${name} ${after} ${before ?? ""}`,
  );
  try {
    await bareGit(folder, ["update-ref", "--stdin"], { stdin: `start\n${lines.join("\n")}\ncommit\n` });
    return true;
  } catch (error) {
    if (error instanceof ProcessError && /cannot lock ref|reference already exists/.test(error.stderr))
      return false;
    throw error;
  }
}
