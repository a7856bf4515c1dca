import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** The scratch copy that the demo delivers: a Git repository of its own, with the history of a team's. */
export interface Scratch {
  folder: string;
  /** The commit on `source` that holds the change: the version of the code, whatever bumps `main` adds. */
  commit: string;
  /** Whether this demo brought a change that the scratch copy did not have. */
  changed: boolean;
  /** Who made the change: the user, or, when the working tree had none, the demo. */
  author: "you" | "the demo";
  /** The change as a unified diff; empty when there is none. */
  diff: string;
}

const identity = ["-c", "user.name=wavehouse demo", "-c", "user.email=demo@wavehouse.invalid"];

/**
 * Brings the checkout's present state into the scratch copy, as a merge to main would.
 *
 * Branch `source` follows the checkout; `main` is `source` plus the bumps that deliveries made. The working tree's
 * own changes are the change; where it has none, the demo makes one.
 *
 * @param checkout the user's repository; it is only read
 * @param folder where the scratch copy is, or shall be
 */
export function syncScratch(checkout: string, folder: string, makeChange: (text: string) => string): Scratch {
  if (!existsSync(join(folder, ".git"))) initialise(checkout, folder);
  const head = readHead(checkout, folder);
  const working = writeWorkingTree(checkout, folder);
  const own = working !== head.tree;
  const tree = own ? working : withMadeChange(folder, head.tree, makeChange);
  const before = git(folder, ["rev-parse", "source^{tree}"]);
  if (tree === before) {
    return { folder, commit: git(folder, ["rev-parse", "source"]), changed: false, author: "you", diff: "" };
  }
  const message = own ? "Change under way in the working tree" : "Declare one more quality rule";
  const commit = git(folder, [...identity, "commit-tree", tree, "-p", "source", "-m", message]);
  const diff = git(folder, ["diff", "--no-color", "source", commit]);
  git(folder, ["reset", "-q", "--hard", "main"]);
  // Where the change and an earlier bump touch the same lines, the bump stands: the next bump decides again.
  git(folder, [...identity, "merge", "-q", "-m", message, "-X", "ours", commit]);
  // Last, so that a demo killed before this line brings the change again.
  git(folder, ["branch", "-f", "source", commit]);
  return {
    folder,
    commit,
    changed: true,
    author: own ? "you" : "the demo",
    diff,
  };
}

function initialise(checkout: string, folder: string): void {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  git(folder, ["init", "-q", "-b", "main"]);
  const head = readHead(checkout, folder);
  const message = `The checkout at ${head.commit}`;
  const root = git(folder, [...identity, "commit-tree", head.tree, "-m", message]);
  git(folder, ["branch", "source", root]);
  git(folder, ["reset", "-q", "--hard", root]);
}

/** What is committed in the checkout, its objects copied; of a folder that is no repository, all of its files. */
function readHead(checkout: string, folder: string): { commit: string; tree: string } {
  if (!existsSync(join(checkout, ".git"))) {
    return { commit: "no commit", tree: writeWorkingTree(checkout, folder) };
  }
  git(folder, ["fetch", "-q", "--no-tags", "--update-shallow", checkout, "HEAD"]);
  const commit = git(folder, ["rev-parse", "FETCH_HEAD"]);
  return { commit, tree: git(folder, ["rev-parse", "FETCH_HEAD^{tree}"]) };
}

/** Stores the checkout's files as they are now, ignored ones left out, and returns their tree. */
function writeWorkingTree(checkout: string, folder: string): string {
  const index = join(folder, ".git", "working-tree-index");
  const environment = {
    GIT_DIR: join(folder, ".git"),
    GIT_WORK_TREE: checkout,
    GIT_INDEX_FILE: index,
  };
  git(checkout, ["add", "-A", "--", "."], environment);
  return git(checkout, ["write-tree"], environment);
}

function withMadeChange(folder: string, tree: string, makeChange: (text: string) => string): string {
  const path = "pipelines/breweries/pipeline.yaml";
  const index = join(folder, ".git", "made-change-index");
  rmSync(index, { force: true });
  const environment = { GIT_INDEX_FILE: index };
  git(folder, ["read-tree", tree], environment);
  const text = makeChange(gitRaw(folder, ["cat-file", "blob", `${tree}:${path}`]));
  const file = join(folder, ".git", "made-change");
  writeFileSync(file, text);
  const blob = git(folder, ["hash-object", "-w", file]);
  git(folder, ["update-index", "--cacheinfo", `100644,${blob},${path}`], environment);
  return git(folder, ["write-tree"], environment);
}

/**
 * The change that the demo makes when the working tree has none: one more declared quality rule.
 *
 * @param text a pipeline.yaml
 * @returns the text with one line more, at the first table's `quality:`
 */
export function addQualityRule(text: string): string {
  const found = /^( *)quality:[^\n]*\n( *)- /m.exec(text);
  if (found === null) return text;
  const end = found.index + found[0].lastIndexOf("\n") + 1;
  const rule = `${found[2]}- { rule: length(name) > 1, severity: warn }\n`;
  return text.slice(0, end) + rule + text.slice(end);
}

function git(folder: string, args: readonly string[], environment: Record<string, string> = {}): string {
  return gitRaw(folder, args, environment).trimEnd();
}

function gitRaw(folder: string, args: readonly string[], environment: Record<string, string> = {}): string {
  // A surrounding Git process (a hook, an alias) must not lead these commands into its own repository.
  const own = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("GIT_")));
  return execFileSync("git", [...args], {
    cwd: folder,
    encoding: "utf8",
    env: { ...own, GIT_CONFIG_NOSYSTEM: "1", ...environment },
    maxBuffer: 256 * 1024 * 1024,
    stdio: ["ignore", "pipe", "pipe"],
  });
}
