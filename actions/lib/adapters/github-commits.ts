import { UserError } from "../domain/user-error.ts";
import type { Logger } from "../ports/logger.ts";
import type { SourceControl } from "../ports/source-control.ts";
import { type GitOptions, git } from "./git.ts";
import { type GitHubClient, type GitHubOptions, gitAuthentication, githubClient } from "./github-client.ts";
import { githubProblem, isStale } from "./github-failure.ts";
import { type ProcessOutput, runProcess } from "./process.ts";

/**
 * The repository on this machine, whose commits GitHub makes: `push` asks for the same change as a commit on top of
 * the very commit that it was made on, so GitHub signs it and no other commit is ever overwritten.
 *
 * @param options where the checkout is
 * @param github the repository on GitHub
 * @param logger told of pauses
 */
export function githubCommits(options: GitOptions, github: GitHubOptions, logger: Logger): SourceControl {
  const authenticated: GitOptions = { ...options, env: { ...options.env, ...gitAuthentication(github) } };
  const local = git(authenticated);
  const client = githubClient(github, logger);
  return { ...local, push: (branch) => push(branch, { options: authenticated, github, client, local }) };
}

interface Repository {
  options: GitOptions;
  github: GitHubOptions;
  client: GitHubClient;
  local: SourceControl;
}

async function push(branch: string, repository: Repository): Promise<"pushed" | "moved"> {
  const made = await repository.local.head();
  const change = await readCommit(repository.options, made);
  const { owner, repository: name } = repository.github;
  const commit = await createCommit(repository.client, {
    ...change,
    branch,
    nameWithOwner: `${owner}/${name}`,
  });
  if (commit === "moved" && !(await isThere(branch, change, repository))) return "moved";
  await follow(branch, made, repository);
  return "pushed";
}

/** A commit as GitHub takes it. */
export interface CommitChange {
  parent: string;
  message: string;
  additions: { path: string; contents: string }[];
  deletions: { path: string }[];
}

const CREATE = `mutation ($input: CreateCommitOnBranchInput!) {
  createCommitOnBranch(input: $input) { commit { oid } }
}`;

/**
 * Asks GitHub for a commit on top of exactly one other.
 *
 * @param client speaks to GitHub
 * @param change what it holds, and where it goes
 * @returns the commit, or `moved` when the branch is elsewhere
 * @throws UserError when GitHub refuses it
 */
export async function createCommit(
  client: GitHubClient,
  change: CommitChange & { branch: string; nameWithOwner: string },
): Promise<string> {
  const [headline = "", ...body] = change.message.trimEnd().split("\n");
  try {
    const answer = await client.graphql<{ createCommitOnBranch: { commit: { oid: string } } }>(CREATE, {
      input: {
        branch: { repositoryNameWithOwner: change.nameWithOwner, branchName: change.branch },
        expectedHeadOid: change.parent,
        message: { headline, body: body.join("\n").trim() },
        fileChanges: { additions: change.additions, deletions: change.deletions },
      },
    });
    return answer.createCommitOnBranch.commit.oid;
  } catch (error) {
    if (isStale(error)) return "moved";
    throw githubProblem(`cannot commit to ${change.branch}`, error);
  }
}

/** An answer may get lost on its way though the commit was made: then the branch is at the change itself. */
async function isThere(
  branch: string,
  change: CommitChange,
  { options, local }: Repository,
): Promise<boolean> {
  const run = gitRunner(options);
  await fetchBranch(options, branch);
  const [parent, message] = (await run("log", "-1", "--format=%P%x00%B", "FETCH_HEAD"))
    .toString()
    .split("\0");
  if (parent !== change.parent || message?.trimEnd() !== change.message.trimEnd()) return false;
  const difference = await run("diff-tree", "-r", "--name-only", "FETCH_HEAD", await local.head());
  return difference.length === 0;
}

/** HEAD takes GitHub's commit in the place of the local one: both hold the same files. */
async function follow(branch: string, made: string, { options }: Repository): Promise<void> {
  const run = gitRunner(options);
  await fetchBranch(options, branch);
  const found = await run("log", "--format=%H %T", `${made}^..FETCH_HEAD`);
  const tree = (await run("rev-parse", `${made}^{tree}`)).toString().trim();
  const lines = found.toString().trim().split("\n");
  const commit = lines.find((line) => line.endsWith(` ${tree}`))?.split(" ", 1)[0];
  if (commit === undefined) throw new Error(`GitHub's commit of ${made} is not on ${branch}`);
  await run("update-ref", "-m", "the commit that GitHub made", "HEAD", commit, made);
}

async function fetchBranch(options: GitOptions, branch: string): Promise<void> {
  const remote = options.remote ?? "origin";
  try {
    await gitRunner(options)("fetch", "--quiet", "--no-tags", remote, `refs/heads/${branch}`);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UserError(`cannot fetch ${branch} of ${remote}: ${reason}`, { cause: error });
  }
}

/**
 * Reads the one commit that was made here as the change that GitHub shall make.
 *
 * @param options where the checkout is
 * @param commit the commit
 * @returns its parent, message and files, their content in base64
 */
export async function readCommit(options: GitOptions, commit: string): Promise<CommitChange> {
  const run = gitRunner(options);
  const parent = (await run("rev-parse", "--verify", `${commit}^`)).toString().trim();
  const message = (await run("log", "-1", "--format=%B", commit)).toString();
  const raw = await run("diff-tree", "-r", "-z", "--no-renames", parent, commit);
  const fields = raw.toString().split("\0");
  const additions: { path: string; object: string }[] = [];
  const deletions: { path: string }[] = [];
  for (let at = 0; at + 1 < fields.length; at += 2) {
    const [meta = "", path = ""] = [fields[at], fields[at + 1]];
    const [, , , object = "", status] = meta.split(" ");
    if (status === "D") deletions.push({ path });
    else additions.push({ path, object });
  }
  const contents = await readBlobs(
    options,
    additions.map(({ object }) => object),
  );
  return {
    parent,
    message,
    additions: additions.map(({ path, object }) => ({ path, contents: contents.get(object) ?? "" })),
    deletions,
  };
}

/** All in one process: a bump may touch hundreds of files. */
async function readBlobs(options: GitOptions, objects: readonly string[]): Promise<Map<string, string>> {
  if (objects.length === 0) return new Map();
  const { stdout } = await call(options, ["cat-file", "--batch"], `${objects.join("\n")}\n`);
  const blobs = new Map<string, string>();
  for (let at = 0; at < stdout.length; ) {
    const end = stdout.indexOf(10, at);
    const [object = "", , size = "0"] = stdout.subarray(at, end).toString().split(" ");
    const to = end + 1 + Number(size);
    blobs.set(object, stdout.subarray(end + 1, to).toString("base64"));
    at = to + 1;
  }
  return blobs;
}

function gitRunner(options: GitOptions): (...args: string[]) => Promise<Buffer> {
  return async (...args) => (await call(options, args)).stdout;
}

function call(options: GitOptions, args: readonly string[], stdin?: string): Promise<ProcessOutput> {
  return runProcess({
    file: "git",
    args,
    cwd: options.root,
    env: { LC_ALL: "C", GIT_TERMINAL_PROMPT: "0", ...options.env },
    ...(stdin === undefined ? {} : { stdin }),
  });
}
