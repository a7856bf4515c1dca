import { runProcess } from "../../../actions/lib/adapters/process.ts";
import type { GitFacts } from "./find-missing.ts";
import type { Environment } from "./read-environment.ts";

/**
 * Reads how the checkout stands to what Argo CD will read.
 *
 * @param root the checkout
 * @param environment where it is pushed to; who may read it from here is who is logged in here
 */
export async function readGitFacts(
  root: string,
  { name, repoURL, targetRevision }: Environment,
): Promise<GitFacts> {
  // What an overlay is made of.
  const paths = ["apps", "manifests", `overlays/${name}`];
  const git = async (...args: string[]): Promise<string | undefined> => {
    const env = { LC_ALL: "C", GIT_TERMINAL_PROMPT: "0", GIT_SSH_COMMAND: "ssh -o BatchMode=yes" };
    const run = runProcess({ file: "git", args, cwd: root, env, timeoutMs: 20_000 });
    return run.then(
      ({ stdout }) => stdout.toString(),
      () => undefined,
    );
  };
  const [status, head, listed] = await Promise.all([
    git("status", "--porcelain", "-z", "--untracked-files=all", "--no-renames", "--", ...paths),
    git("rev-parse", "--verify", "HEAD"),
    git("ls-remote", "--heads", repoURL, `refs/heads/${targetRevision}`),
  ]);
  const changed = (status ?? "").split("\0").flatMap((line) => (line === "" ? [] : [line.slice(3)]));
  const commit = listed?.split("\t")[0]?.trim() || undefined;
  const isHere = commit !== undefined && (await git("cat-file", "-e", `${commit}^{commit}`)) !== undefined;
  const same = isHere
    ? (await git("diff", "--quiet", commit, "HEAD", "--", ...paths)) !== undefined
    : undefined;
  return { changed, head: head?.trim(), remote: listed === undefined ? undefined : { commit }, same };
}
