import { execFile } from "node:child_process";
import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { delimiter, dirname, join } from "node:path";
import { cacheRoot } from "kubeconform-wrapper";
import { copyWorkingTree } from "../../actions/lib/testing/copy-working-tree.ts";
import { testGit } from "../../actions/lib/testing/test-git.ts";
import { prepareTool } from "../setup/go.ts";
import { repositoryRoot } from "../setup/repository.ts";

/** A repository on a remote, and act in place of GitHub's runner. */
export interface Forge {
  /** A clone that the tests commit in. */
  clone: string;
  /** Runs Git in the clone; returns what it printed, trimmed. */
  git(...args: string[]): Promise<string>;
  /** What the stub of `docker` was called with, one entry a call. */
  docker: string;
  run(workflow: string, event: string, options?: RunOptions): Promise<Run>;
}

export interface RunOptions {
  variables?: Readonly<Record<string, string>>;
  secrets?: Readonly<Record<string, string>>;
  /** Added to the event. */
  payload?: object;
  /** Bound of the whole run, in milliseconds; 110,000 by default. */
  timeoutMs?: number;
}

export interface Run {
  exitCode: number;
  /** What act printed: each line with the workflow's and the job's name before it. */
  log: string;
  /** Names of the jobs by how they ended. */
  jobs: { succeeded: string[]; failed: string[] };
}

/** What stands in for an action of others: its inputs, and a program in CommonJS. */
interface Replacement {
  inputs: readonly string[];
  main: string;
}

/** Actions of others, which act would fetch from GitHub: each with the little of it that the workflows need. */
const REPLACED: Readonly<Record<string, Replacement>> = {
  "actions/checkout": {
    inputs: ["ref", "persist-credentials", "fetch-depth", "filter"],
    main: `
      const { execFileSync } = require("node:child_process");
      const git = (...args) => execFileSync("git", args, { cwd: process.env.GITHUB_WORKSPACE, stdio: "inherit" });
      git("init", "--quiet");
      git("remote", "add", "origin", process.env.TEST_REMOTE);
      git("fetch", "--quiet", "origin", process.env.INPUT_REF || process.env.GITHUB_SHA);
      git("checkout", "--quiet", "--detach", "FETCH_HEAD");`,
  },
  "actions/upload-artifact": {
    inputs: ["name", "path", "include-hidden-files", "if-no-files-found"],
    main: 'console.log("artifact", process.env.INPUT_NAME);',
  },
  "google-github-actions/auth": {
    inputs: ["workload_identity_provider", "service_account", "token_format", "create_credentials_file"],
    main: "throw new Error('there is no Google Cloud here');",
  },
  "aws-actions/configure-aws-credentials": {
    inputs: ["role-to-assume", "aws-region"],
    main: "throw new Error('there is no AWS here');",
  },
  // Asked for only where there is an App, which these runs have not.
  "actions/create-github-app-token": {
    inputs: [
      "app-id",
      "private-key",
      "permission-contents",
      "permission-pull-requests",
      "permission-deployments",
      "permission-statuses",
    ],
    main: "throw new Error('there is no App here');",
  },
  "actions/cache": {
    inputs: ["path", "key", "restore-keys"],
    main: 'console.log("cache key", process.env.INPUT_KEY);',
  },
};

/**
 * Makes a remote that holds this repository's files as they are in the working tree, and a clone of it.
 *
 * @param folder an existing, empty folder
 * @param mains programs of replaced actions that do other than usual, by the action's name
 */
export async function startForge(
  folder: string,
  mains: Readonly<Record<string, string>> = {},
): Promise<Forge> {
  const act = await prepareTool("act");
  const clone = join(folder, "clone");
  const remote = join(folder, "remote.git");
  const home = join(folder, "home");
  const docker = join(folder, "docker.jsonl");
  await Promise.all([mkdir(clone), mkdir(home), writeDockerStub(join(folder, "bin"), docker)]);
  const git = testGit(clone);
  await testGit(folder)("init", "--quiet", "--bare", "--initial-branch=main", remote);
  await copyWorkingTree(clone);
  await git("remote", "add", "origin", remote);
  await git("push", "--quiet", "origin", "main");
  const replaced = await writeReplacements(join(folder, "replaced"), mains);
  const run: Forge["run"] = async (workflow, event, options = {}) => {
    const { variables = {}, secrets = {}, payload = {}, timeoutMs = 110_000 } = options;
    const eventPath = join(folder, "event.json");
    const repository = {
      default_branch: "main",
      name: "lake",
      full_name: "acme/lake",
      owner: { login: "acme" },
    };
    await writeFile(eventPath, JSON.stringify({ ref: "refs/heads/main", repository, ...payload }));
    const args = [
      event,
      ...["--workflows", await forAct(workflow, clone, folder), "--eventpath", eventPath],
      ...["--platform", "ubuntu-latest=-self-hosted", "--no-skip-checkout", "--no-cache-server"],
      ...["--action-offline-mode", "--action-cache-path", join(folder, "cache")],
      ...replaced.flatMap((pair) => ["--local-repository", pair]),
      ...["--env", `TEST_REMOTE=${remote}`, "--env", `WAVEHOUSE_CACHE=${cacheRoot(process.env)}`],
      ...Object.entries(variables).flatMap(([name, value]) => ["--var", `${name}=${value}`]),
      ...Object.keys(secrets).flatMap((name) => ["--secret", name]),
    ];
    const path = [join(folder, "bin"), dirname(process.execPath), process.env.PATH ?? ""].join(delimiter);
    // A home of its own: nobody's .actrc, Git settings or registry logins.
    const env = { ...process.env, HOME: home, XDG_CONFIG_HOME: home, PATH: path, ...secrets };
    const { exitCode, output } = await call(act, args, clone, env, timeoutMs);
    const ended = (how: string): string[] =>
      [...output.matchAll(new RegExp(`^\\[[^/\\]]+/(.+?) *\\] .*Job ${how}$`, "gm"))].map(
        ([, name]) => name ?? "",
      );
    return { exitCode, log: output, jobs: { succeeded: ended("succeeded"), failed: ended("failed") } };
  };
  return { clone, git, docker, run };
}

/** A copy without what is newer than act's schema: it runs one workflow at a time anyway. */
async function forAct(workflow: string, clone: string, folder: string): Promise<string> {
  const text = await readFile(join(clone, ".github/workflows", workflow), "utf8");
  const copy = join(folder, "workflows", workflow);
  await mkdir(dirname(copy), { recursive: true });
  await writeFile(copy, text.replace(/^ {2}queue: max\n/m, ""));
  return copy;
}

async function writeReplacements(folder: string, mains: Readonly<Record<string, string>>): Promise<string[]> {
  const list = ["ls-files", "-z", "--cached", "--others", "--", ".github"];
  const files = (await testGit(repositoryRoot)(...list)).split("\0");
  const texts = await Promise.all(
    files.filter((path) => path.endsWith(".yml")).map((path) => readFile(join(repositoryRoot, path), "utf8")),
  );
  const uses = new Set(
    texts.flatMap((text) =>
      [...text.matchAll(/uses: ([\w-]+\/[\w-]+@[0-9a-f]{40})/g)].map(([, used]) => used ?? ""),
    ),
  );
  const pairs: string[] = [];
  for (const used of uses) {
    const name = used.split("@")[0] ?? "";
    const replacement = REPLACED[name];
    if (replacement === undefined)
      throw new Error(`the workflows use ${name}: say in act.ts what stands in for it`);
    const own = join(folder, used);
    await mkdir(own, { recursive: true });
    const inputs = Object.fromEntries(replacement.inputs.map((input) => [input, { description: input }]));
    const action = { name, description: name, inputs, runs: { using: "node24", main: "main.cjs" } };
    await writeFile(join(own, "action.yml"), JSON.stringify(action));
    await writeFile(join(own, "main.cjs"), mains[name] ?? replacement.main);
    pairs.push(`${used}=${own}`);
  }
  return pairs;
}

/** Stands in for Docker, which is asked for nothing but to log in. */
async function writeDockerStub(folder: string, log: string): Promise<void> {
  await mkdir(folder);
  await writeFile(log, "");
  const program = `#!${process.execPath}
    const { appendFileSync, readFileSync } = require("node:fs");
    const call = { args: process.argv.slice(2), stdin: readFileSync(0, "utf8"), config: process.env.DOCKER_CONFIG };
    appendFileSync(${JSON.stringify(log)}, JSON.stringify(call) + "\\n");`;
  await writeFile(join(folder, "docker"), program);
  await chmod(join(folder, "docker"), 0o755);
}

function call(
  file: string,
  args: string[],
  cwd: string,
  env: NodeJS.ProcessEnv,
  timeoutMs: number,
): Promise<{ exitCode: number; output: string }> {
  return new Promise((resolve) => {
    const options = { cwd, env, maxBuffer: 64 * 1024 * 1024, timeout: timeoutMs };
    const child = execFile(file, args, options, (error, stdout, stderr) => {
      const exitCode = error === null ? 0 : (child.exitCode ?? 1);
      resolve({
        exitCode,
        output: `${stdout}${stderr}${error === null ? "" : `\n${error.message}`}`,
      });
    });
    child.stdin?.end();
  });
}
