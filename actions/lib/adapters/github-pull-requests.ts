import { UserError } from "../domain/user-error.ts";
import type { Logger } from "../ports/logger.ts";
import type { OpenPullRequest, Proposal, PullRequests } from "../ports/pull-requests.ts";
import type { GitOptions } from "./git.ts";
import { type GitHubClient, type GitHubOptions, gitAuthentication, githubClient } from "./github-client.ts";
import { createCommit, readCommit } from "./github-commits.ts";
import { githubProblem, isStale } from "./github-failure.ts";
import { runProcess } from "./process.ts";

/**
 * Pull requests on GitHub, for what was committed in this checkout.
 *
 * @param options where the checkout is
 * @param github the repository on GitHub
 * @param logger told of pauses
 */
export function githubPullRequests(options: GitOptions, github: GitHubOptions, logger: Logger): PullRequests {
  const place: Place = {
    options: { ...options, env: { ...options.env, ...gitAuthentication(github) } },
    github,
    client: githubClient(github, logger),
  };
  return {
    find: (branch, base) => find(branch, base, place),
    propose: (proposal) => propose(proposal, place),
    close: (pull, branch, reason) => close(pull, branch, reason, place),
  };
}

interface Place {
  options: GitOptions;
  github: GitHubOptions;
  client: GitHubClient;
}

const ABSENT = "0".repeat(40);

async function find(branch: string, base: string, place: Place): Promise<OpenPullRequest | undefined> {
  const { github, client, options } = place;
  const { owner, repository: repo } = github;
  try {
    const open = await client.paginate("GET /repos/{owner}/{repo}/pulls", {
      ...{ owner, repo, base, state: "open", head: `${owner}:${branch}`, per_page: 100 },
    });
    // A fork's branch of the same name is not ours.
    const own = open.find((pull) => pull.head.ref === branch && pull.base.ref === base);
    if (own === undefined) return undefined;
    await git(options, "fetch", "--quiet", "--no-tags", options.remote ?? "origin", `refs/heads/${branch}`);
    const head = await git(options, "rev-parse", "--verify", "FETCH_HEAD");
    return { number: own.number, url: own.html_url, head };
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw githubProblem(`cannot look for the pull request of ${branch}`, error);
  }
}

/**
 * The commit is made on a branch beside, and then one request moves the pull request's branch to it by compare and
 * swap: were the branch set back to the base first, GitHub would close the pull request for having nothing in it.
 */
async function propose(proposal: Proposal, place: Place): Promise<OpenPullRequest | "moved"> {
  const { branch, base, title, replaces } = proposal;
  const change = await readCommit(place.options, "HEAD");
  const beside = `${branch}-next`;
  try {
    const refs = await readRefs([base, branch, beside], place);
    if (refs.heads.get(base) !== change.parent) return "moved";
    if (replaces !== undefined && refs.heads.get(branch) !== replaces) return "moved";
    if (replaces !== undefined && (await isSame(replaces, place))) {
      return await write(proposal, replaces, place);
    }
    await move(refs.id, [{ name: beside, before: refs.heads.get(beside), after: change.parent }], place);
    const nameWithOwner = `${place.github.owner}/${place.github.repository}`;
    const commit = await createCommit(place.client, { ...change, branch: beside, nameWithOwner });
    if (commit === "moved") return "moved";
    const swap = [
      { name: branch, before: refs.heads.get(branch), after: commit },
      { name: beside, before: commit, after: ABSENT },
    ];
    await move(refs.id, swap, place);
    return await write(proposal, commit, place);
  } catch (error) {
    if (isStale(error)) return "moved";
    if (error instanceof UserError) throw error;
    throw githubProblem(`cannot open the pull request “${title}”`, error);
  }
}

interface Refs {
  /** GitHub's id of the repository. */
  id: string;
  heads: Map<string, string | undefined>;
}

async function readRefs(branches: readonly string[], { client, github }: Place): Promise<Refs> {
  const asked = branches.map((_branch, at) => `r${at}: ref(qualifiedName: $n${at}) { target { oid } }`);
  const variables = branches.map((_branch, at) => `$n${at}: String!`);
  const query = `query ($owner: String!, $repository: String!, ${variables.join(", ")}) {
    repository(owner: $owner, name: $repository) { id ${asked.join(" ")} }
  }`;
  const names = Object.fromEntries(branches.map((branch, at) => [`n${at}`, `refs/heads/${branch}`]));
  const { owner, repository } = github;
  type Found = { target: { oid: string } } | null;
  const answer = await client.graphql<{ repository: { id: string } & Record<`r${number}`, Found> }>(query, {
    ...names,
    owner,
    repository,
  });
  const found = answer.repository;
  return {
    id: found.id,
    heads: new Map(branches.map((branch, at) => [branch, found[`r${at}`]?.target.oid])),
  };
}

const MOVE = `mutation ($input: UpdateRefsInput!) { updateRefs(input: $input) { clientMutationId } }`;

async function move(
  repositoryId: string,
  updates: readonly { name: string; before: string | undefined; after: string }[],
  { client }: Place,
): Promise<void> {
  const refUpdates = updates.map(({ name, before, after }) => {
    return { name: `refs/heads/${name}`, beforeOid: before ?? ABSENT, afterOid: after, force: true };
  });
  await client.graphql(MOVE, { input: { repositoryId, refUpdates } });
}

/** Whether the pull request holds this very change already, on this very base. */
async function isSame(head: string, { options }: Place): Promise<boolean> {
  const [theirs, ours] = await Promise.all(
    [head, "HEAD"].map((commit) => git(options, "log", "-1", "--format=%P%n%T%n%B", commit)),
  );
  return theirs === ours;
}

async function write(
  { branch, base, title, body, replaces }: Proposal,
  head: string,
  place: Place,
): Promise<OpenPullRequest> {
  const { client, github } = place;
  const at = { owner: github.owner, repo: github.repository };
  const known = replaces === undefined ? undefined : await find(branch, base, place);
  const open = known ?? (await create({ ...at, head: branch, base, title, body }, place));
  if ("head" in open) {
    await client.request("PATCH /repos/{owner}/{repo}/pulls/{pull_number}", {
      ...at,
      pull_number: open.number,
      title,
      body,
    });
  }
  return { number: open.number, url: open.url, head };
}

/** The branch goes by compare and swap, since a closed pull request that was just updated would be a lost bump. */
async function close(
  { number, url, head }: OpenPullRequest,
  branch: string,
  body: string,
  place: Place,
): Promise<"closed" | "moved"> {
  const { owner, repository: repo } = place.github;
  const path = "PATCH /repos/{owner}/{repo}/pulls/{pull_number}";
  try {
    const refs = await readRefs([branch], place);
    if (refs.heads.get(branch) !== head) return "moved";
    await move(refs.id, [{ name: branch, before: head, after: ABSENT }], place);
    await place.client.request(path, { owner, repo, pull_number: number, state: "closed", body });
    return "closed";
  } catch (error) {
    if (isStale(error)) return "moved";
    throw githubProblem(`cannot close ${url}`, error);
  }
}

/** @returns the new one; or the open one with its head, when the answer to an earlier try got lost */
async function create(
  pull: { owner: string; repo: string; head: string; base: string; title: string; body: string },
  place: Place,
): Promise<OpenPullRequest | { number: number; url: string }> {
  try {
    const { data } = await place.client.request("POST /repos/{owner}/{repo}/pulls", pull);
    return { number: data.number, url: data.html_url };
  } catch (error) {
    const there = /already exists/.test(String(error)) ? await find(pull.head, pull.base, place) : undefined;
    if (there === undefined) throw error;
    return there;
  }
}

async function git(options: GitOptions, ...args: string[]): Promise<string> {
  const env = { LC_ALL: "C", GIT_TERMINAL_PROMPT: "0", ...options.env };
  const { stdout } = await runProcess({ file: "git", args, cwd: options.root, env });
  return stdout.toString().trimEnd();
}
