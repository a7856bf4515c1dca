import { type BuildFacts, LAPTOP, repositoryAddress } from "../domain/provenance.ts";
import { UserError } from "../domain/user-error.ts";
import type { BuildSource } from "../ports/build-source.ts";
import { deepenClone } from "./deepen-clone.ts";
import { ProcessError, runProcess } from "./process.ts";

/**
 * Reads where files come from: Git says which commit, the runner which workflow.
 *
 * @param root the checkout
 * @param environment the runner's variables
 */
export function gitBuildSource(
  root: string,
  environment: Readonly<Record<string, string | undefined>>,
): BuildSource {
  const run = async (...args: string[]): Promise<string | undefined> => {
    try {
      const env = { LC_ALL: "C", GIT_TERMINAL_PROMPT: "0" };
      return (await runProcess({ file: "git", args, cwd: root, env })).stdout.toString();
    } catch (error) {
      // No commit yet, no remote: there is nothing to tell.
      if (error instanceof ProcessError && error.failure === "exit") return undefined;
      throw error;
    }
  };
  let changed: Promise<ReadonlySet<string>> | undefined;
  const changedPaths = (): Promise<ReadonlySet<string>> => {
    changed ??= run("status", "--porcelain", "-z", "--untracked-files=all", "--no-renames").then(
      (text) => new Set((text ?? "").split("\0").map((line) => line.slice(3))),
    );
    return changed;
  };
  let whole: Promise<boolean> | undefined;
  const isWhole = (): Promise<boolean> => {
    whole ??= deepen(root, environment.GITHUB_ACTIONS === "true");
    return whole;
  };
  let recent: Promise<RecentChanges> | undefined;
  const recentChanges = (): Promise<RecentChanges> => {
    recent ??= run(...RECENT).then((text) => parseRecent(text ?? ""));
    return recent;
  };
  return {
    facts: async () => factsOf(environment, run, (await changedPaths()).size > 1),
    lastChange: async (paths) => {
      const dirty = await changedPaths();
      if (paths.some((path) => dirty.has(path))) return undefined;
      if (!(await isWhole())) return undefined;
      const { commits, newest } = await recentChanges();
      const found = Math.min(...paths.map((path) => newest.get(path) ?? commits.length));
      const literal = paths.map((path) => `:(literal)${path}`);
      const [commit = "", date = ""] = (
        commits[found] ??
        (await run("log", "-1", "--format=%H %cI", "--", ...literal))?.trim() ??
        ""
      ).split(" ");
      // The commit's own time zone would be no fault, but two tools write UTC in two ways.
      return commit === "" ? undefined : { commit, date: new Date(date).toISOString().replace(".000Z", "Z") };
    },
  };
}

/**
 * In a shallow clone all files were last changed by its first commit: the same image would get another digest there.
 *
 * @returns whether the history tells; on a laptop without a network it may not, and then nothing is said of it
 */
async function deepen(root: string, isWorkflow: boolean): Promise<boolean> {
  try {
    await deepenClone({ root });
    return true;
  } catch (error) {
    // No repository has no history that could be wrong.
    if (error instanceof ProcessError && error.failure === "exit") return true;
    if (error instanceof UserError && !isWorkflow) return false;
    throw error;
  }
}

/**
 * What is built has changed lately: one call of Git tells of all images, where one call each would take longer than
 * building them. A merge has only what differs from both of its sides, as where a path is asked for.
 */
const RECENT = ["log", "--max-count=100", "--format=%x01%H %cI", "--name-only", "-c", "--no-renames", "-z"];

interface RecentChanges {
  /** Commit and date, newest first. */
  commits: readonly string[];
  /** Of each path, the place of the newest commit that changed it. */
  newest: ReadonlyMap<string, number>;
}

function parseRecent(text: string): RecentChanges {
  const commits: string[] = [];
  const newest = new Map<string, number>();
  for (const entry of text.split("\x01").slice(1)) {
    const [head = "", ...paths] = entry.split("\0");
    for (const path of paths) {
      const name = path.replace(/^\n/, "");
      if (!newest.has(name)) newest.set(name, commits.length);
    }
    commits.push(head);
  }
  return { commits, newest };
}

async function factsOf(
  environment: Readonly<Record<string, string | undefined>>,
  run: (...args: string[]) => Promise<string | undefined>,
  dirty: boolean,
): Promise<BuildFacts> {
  const commit = (await run("rev-parse", "--verify", "HEAD"))?.trim();
  const { GITHUB_REPOSITORY, GITHUB_REF, GITHUB_RUN_ID, GITHUB_EVENT_NAME, GITHUB_WORKFLOW_REF } =
    environment;
  if (environment.GITHUB_ACTIONS === "true" && GITHUB_REPOSITORY) {
    const server = environment.GITHUB_SERVER_URL || "https://github.com";
    const source = `${server}/${GITHUB_REPOSITORY}`;
    return {
      source,
      commit,
      ref: GITHUB_REF || undefined,
      dirty,
      builder: `${server}/${GITHUB_WORKFLOW_REF ?? GITHUB_REPOSITORY}`,
      run: `${source}/actions/runs/${GITHUB_RUN_ID}/attempts/${environment.GITHUB_RUN_ATTEMPT ?? "1"}`,
      event: GITHUB_EVENT_NAME || undefined,
    };
  }
  const remote = (await run("remote", "get-url", "origin"))?.trim();
  const source = remote === undefined ? undefined : repositoryAddress(remote);
  const ref = (await run("symbolic-ref", "--quiet", "HEAD"))?.trim();
  return { source, commit, ref, dirty, builder: LAPTOP, run: undefined, event: undefined };
}
