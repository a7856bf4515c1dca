import { execFileSync } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { temporaryFolder } from "../../../actions/lib/testing/temporary-folder.ts";
import { readEnvironment } from "./read-environment.ts";
import { readGitFacts } from "./read-git-facts.ts";

let remote: string;
let checkout: string;

const git = (...args: string[]): string =>
  execFileSync("git", ["-c", "user.name=t", "-c", "user.email=t@example.invalid", ...args], {
    cwd: checkout,
    encoding: "utf8",
  });

async function write(path: string, text: string): Promise<void> {
  await mkdir(dirname(join(checkout, path)), { recursive: true });
  await writeFile(join(checkout, path), text);
}

async function commit(path: string, text: string): Promise<string> {
  await write(path, text);
  git("add", "--all");
  git("commit", "--quiet", "--message", path);
  return git("rev-parse", "HEAD").trim();
}

const facts = async () => readGitFacts(checkout, await readEnvironment(checkout, "minikube"));

beforeEach(async () => {
  const folder = await temporaryFolder();
  remote = join(folder, "remote.git");
  checkout = join(folder, "checkout");
  await mkdir(checkout);
  execFileSync("git", ["init", "--quiet", "--bare", remote]);
  git("init", "--quiet", "--initial-branch=main");
  await write(
    "overlays/minikube/cicd/environment.yaml",
    `# one\ndata:\n  registry: localhost:5000\n  # Where\n  repoURL: ${remote}\n  targetRevision: main\n`,
  );
  await commit("README.md", "a");
});

test("an environment says where it is read, and at which line", async () => {
  expect(await readEnvironment(checkout, "minikube")).toMatchObject({
    registry: "localhost:5000",
    repoURL: remote,
    repoLine: 5,
    targetRevision: "main",
  });
  await expect(readEnvironment(checkout, "minkube")).rejects.toThrow(
    "there is no environment minkube: overlays/minkube/cicd/environment.yaml is missing; did you mean `minikube`?",
  );
});

test("a branch that was never pushed", async () => {
  expect(await facts()).toMatchObject({ changed: [], remote: { commit: undefined } });
});

test("pushed, changed, and ahead by what is not installed", async () => {
  git("push", "--quiet", remote, "main");
  const head = git("rev-parse", "HEAD").trim();
  expect(await facts()).toEqual({ changed: [], head, remote: { commit: head }, same: true });
  await write("overlays/minikube/kustomization.yaml", "resources: []");
  await write("pipelines/a.yaml", "no part of what is installed");
  expect((await facts()).changed).toEqual(["overlays/minikube/kustomization.yaml"]);
  await commit("docs/a.md", "a");
  expect(await facts()).toMatchObject({ changed: [], remote: { commit: head }, same: false });
  git("push", "--quiet", remote, "main");
  await commit("docs/a.md", "b");
  expect((await facts()).same).toBe(true);
});

test("what the remote has and this checkout has not", async () => {
  git("push", "--quiet", remote, "main");
  const tree = execFileSync("git", ["-C", remote, "rev-parse", "main^{tree}"], { encoding: "utf8" }).trim();
  const identity = ["-c", "user.name=t", "-c", "user.email=t@example.invalid"];
  const theirs = execFileSync("git", [...identity, "-C", remote, "commit-tree", "-m", "theirs", tree], {
    encoding: "utf8",
  });
  execFileSync("git", ["-C", remote, "update-ref", "refs/heads/main", theirs.trim()]);
  expect(await facts()).toMatchObject({ remote: { commit: theirs.trim() }, same: undefined });
});

test("a remote that cannot be asked", async () => {
  const environment = await readEnvironment(checkout, "minikube");
  expect(await readGitFacts(checkout, { ...environment, repoURL: join(remote, "nowhere") })).toMatchObject({
    remote: undefined,
    same: undefined,
  });
});
