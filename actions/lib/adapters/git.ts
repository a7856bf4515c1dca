import { lstatSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { UserError } from "../domain/user-error.ts";
import type { SourceControl } from "../ports/source-control.ts";
import { ProcessError, runProcess } from "./process.ts";

/** Who the commits are by. */
export interface GitIdentity {
  name: string;
  email: string;
}

/** How to reach the repository. */
export interface GitOptions {
  /** Absolute path of a folder in the repository; the paths of a commit count from it. */
  root: string;
  identity: GitIdentity;
  /** Where `push` goes and `catchUp` looks; `origin` by default. */
  remote?: string;
  /** Variables for every call of Git, for instance what a server wants to know of us. */
  env?: Readonly<Record<string, string>>;
  /** Bound of one push or fetch, in milliseconds; 60,000 by default. */
  pushTimeoutMs?: number;
}

/**
 * The repository on this machine, through the `git` program.
 *
 * @param options where it is, and who commits
 */
export function git(options: GitOptions): SourceControl {
  return {
    head: () => head(options),
    commit: (change) => commit(options, change),
    push: (branch) => push(options, branch),
    takeBack: (commit) => takeBack(options, commit),
    catchUp: (branch) => catchUp(options, branch),
  };
}

/** Git's plumbing runs no hooks; `push` would. A bot's commit runs no code of the checkout it commits to. */
const NO_HOOKS = ["-c", "core.hooksPath=/dev/null"];

interface GitCall {
  args: readonly string[];
  stdin?: string;
  env?: Readonly<Record<string, string>>;
  timeoutMs?: number;
}

async function run(options: GitOptions, call: GitCall): Promise<string> {
  const { stdout } = await runProcess({
    file: "git",
    args: [...NO_HOOKS, ...call.args],
    cwd: options.root,
    // A question for a password would wait for ever on a runner.
    env: { LC_ALL: "C", GIT_TERMINAL_PROMPT: "0", ...options.env, ...call.env },
    ...(call.stdin === undefined ? {} : { stdin: call.stdin }),
    ...(call.timeoutMs === undefined ? {} : { timeoutMs: call.timeoutMs }),
  });
  return stdout.toString().trimEnd();
}

async function head(options: GitOptions): Promise<string> {
  try {
    return await run(options, { args: ["rev-parse", "--verify", "--quiet", "HEAD^{commit}"] });
  } catch (error) {
    const message =
      error instanceof ProcessError && error.failure === "exit" && error.stderr === ""
        ? `the repository in ${options.root} has no commit yet; commit something first`
        : `Git cannot read the current commit in ${options.root}: ${messageOf(error)}`;
    throw new UserError(message, { cause: error });
  }
}

/**
 * One call of Git does it all (`git commit --only`): other staged changes stay staged and out of the commit, and HEAD
 * moves by compare-and-swap. No hook, signature prompt or clean-up of the repository gets between.
 */
async function commit(
  options: GitOptions,
  change: { message: string; paths: readonly string[] },
): Promise<string | undefined> {
  const folder = await mkdtemp(join(tmpdir(), "wavehouse-commit-"));
  const message = join(folder, "message");
  const make = (paths: readonly string[]): Promise<string> =>
    onPaths(options, paths, "commit", "--only", ...COMMIT_OPTIONS, `--file=${message}`);
  try {
    // In a file: a message of many images is longer than an argument may be.
    await writeFile(message, change.message.endsWith("\n") ? change.message : `${change.message}\n`);
    const said = await make(change.paths).catch(async (error: unknown) => {
      if (!NEW_FILE.test(saidBy(error))) throw error;
      const paths = await takeNew(options, change.paths);
      return paths.length === 0 ? undefined : make(paths);
    });
    return said === undefined ? undefined : COMMITTED.exec(said)?.[1];
  } catch (error) {
    if (NOTHING_CHANGED.test(saidBy(error))) return undefined;
    throw new UserError(`nothing was committed: ${commitProblem(error)}`, { cause: error });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function onPaths(options: GitOptions, paths: readonly string[], ...args: string[]): Promise<string> {
  return run(options, {
    args: [
      "--literal-pathspecs",
      ...COMMIT_SETTINGS,
      ...args,
      "--pathspec-from-file=-",
      "--pathspec-file-nul",
    ],
    stdin: paths.map((path) => `${path}\0`).join(""),
    env: identityEnvironment(options.identity),
  });
}

/**
 * Makes Git know of new files.
 *
 * @returns those of the paths that can be committed: one that is neither there nor known has nothing to say
 */
async function takeNew(options: GitOptions, paths: readonly string[]): Promise<string[]> {
  const tracked = new Set((await run(options, { args: ["ls-files", "--with-tree=HEAD", "-z"] })).split("\0"));
  const isThere = (path: string): boolean =>
    lstatSync(join(options.root, path), { throwIfNoEntry: false }) !== undefined;
  const added = paths.filter((path) => !tracked.has(path) && isThere(path));
  if (added.length > 0) await onPaths(options, added, "add", "--intent-to-add", "--force");
  return paths.filter((path) => tracked.has(path) || added.includes(path));
}

/** Whole commit names; and no cleaning of the repository, which is the team's to choose. */
const COMMIT_SETTINGS = ["-c", "core.abbrev=no", "-c", "gc.auto=0", "-c", "maintenance.auto=false"];
const COMMIT_OPTIONS = ["--no-verify", "--no-gpg-sign", "--no-status", "--cleanup=verbatim"];
const COMMITTED = /^\[.*\b([0-9a-f]{40,64})\] /m;
const NOTHING_CHANGED = /^(?:nothing|no changes)\b.* to commit/m;
const NEW_FILE = /^error: pathspec '.*' did not match any file/m;

/** Variables win over every `user.*` setting and over what a runner may have set. */
function identityEnvironment({ name, email }: GitIdentity): Record<string, string> {
  return {
    GIT_AUTHOR_NAME: name,
    GIT_AUTHOR_EMAIL: email,
    GIT_COMMITTER_NAME: name,
    GIT_COMMITTER_EMAIL: email,
  };
}

function commitProblem(error: unknown): string {
  const said = messageOf(error);
  if (/index\.lock': File exists/.test(said)) {
    return `another Git process works in this repository (or one died and left .git/index.lock); try again\n${said}`;
  }
  if (/cannot lock ref 'HEAD'.*but expected/s.test(said)) {
    return `somebody committed meanwhile; run it again\n${said}`;
  }
  return said;
}

async function push(options: GitOptions, branch: string): Promise<"pushed" | "moved"> {
  const remote = options.remote ?? "origin";
  await checkBranch(options, branch);
  try {
    await run(options, {
      args: ["push", "--porcelain", remote, `HEAD:refs/heads/${branch}`],
      timeoutMs: options.pushTimeoutMs ?? 60_000,
    });
    return "pushed";
  } catch (error) {
    if (MOVED.test(saidBy(error))) return "moved";
    throw new UserError(`cannot push to ${branch} of ${remote}: ${remoteProblem(error)}`, { cause: error });
  }
}

/** Git here sees that the branch has moved; or the server does, when another push comes between. */
const MOVED =
  /^!.*\[rejected\]|cannot lock ref '[^']+': (?:is at \w+ but expected|Unable to create .+: File exists)|incorrect old value/m;

async function checkBranch(options: GitOptions, branch: string): Promise<void> {
  try {
    await run(options, { args: ["check-ref-format", `refs/heads/${branch}`] });
  } catch (error) {
    throw new UserError(`${JSON.stringify(branch)} is not a branch name`, { cause: error });
  }
}

/** First the files, as `git checkout` would: when somebody has edited one of them, nothing moves. */
async function takeBack(options: GitOptions, commit: string): Promise<void> {
  try {
    const parent = await run(options, { args: ["rev-parse", "--verify", `${commit}^`] });
    if ((await head(options)) !== commit) throw new Error("somebody has committed on top of it");
    await run(options, { args: ["read-tree", "-m", "-u", commit, parent] });
    const move = ["update-ref", "-m", "take back what could not be pushed", "HEAD", parent, commit];
    await run(options, { args: move });
  } catch (error) {
    throw new UserError(`commit ${commit} stays here, though it is not pushed: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

async function catchUp(options: GitOptions, branch: string): Promise<void> {
  const remote = options.remote ?? "origin";
  await checkBranch(options, branch);
  try {
    await run(options, {
      args: ["fetch", "--quiet", "--no-tags", "--no-recurse-submodules", remote, `refs/heads/${branch}`],
      timeoutMs: options.pushTimeoutMs ?? 60_000,
    });
  } catch (error) {
    throw new UserError(`cannot fetch ${branch} of ${remote}: ${remoteProblem(error)}`, { cause: error });
  }
  try {
    await run(options, { args: ["merge", "--quiet", "--ff-only", "--no-autostash", "FETCH_HEAD"] });
  } catch (error) {
    throw new UserError(
      `${branch} of ${remote} has moved, and what is here cannot follow it: pull it by hand, then run again\n${saidBy(error)}`,
      { cause: error },
    );
  }
}

function saidBy(error: unknown): string {
  return error instanceof ProcessError ? `${error.stdout}\n${error.stderr}`.trim() : "";
}

/** What the server or Git says of a push or a fetch that failed, and what to do about it. */
function remoteProblem(error: unknown): string {
  const said = saidBy(error);
  if (/\[remote rejected\]/.test(said)) {
    return `the server refused it: is the branch protected, or does the token lack the right to write contents?\n${said}`;
  }
  if (/Authentication failed|could not read Username|Permission denied|403/.test(said)) {
    return `the server did not accept who we are: give the token the right to write contents\n${said}`;
  }
  if (/does not appear to be a git repository|No such remote/.test(said)) {
    return `there is no such remote: add it with git remote add\n${said}`;
  }
  return messageOf(error);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
