import { describe, expect, test } from "vitest";
import { connectDelivery } from "../lib/adapters/connect-delivery.ts";
import { githubPullRequests } from "../lib/adapters/github-pull-requests.ts";
import type { ActionResult } from "../lib/domain/action-result.ts";
import type { PinnedImage } from "../lib/domain/built-image.ts";
import { formatHolds } from "../lib/domain/holds.ts";
import { gitRepository } from "../lib/testing/git-repository.ts";
import { startLoopbackGitHub } from "../lib/testing/loopback-github.ts";
import { silentLogger } from "../lib/testing/silent-logger.ts";
import { temporaryFolder } from "../lib/testing/temporary-folder.ts";
import { bareRepository, testGit } from "../lib/testing/test-git.ts";
import { run } from "./run.ts";

const overlay = "overlays/prod/kustomization.yaml";
const BRANCH = "wavehouse/bump-prod";
const files = {
  [overlay]: "images:\n  - name: a\n    newTag: unbuilt\n  - name: b\n    newTag: unbuilt\n",
  "overlays/prod/cicd/environment.yaml":
    "data:\n  delivery: pull-request\n  repoURL: https://git.example.com/lake.git\n",
};
const built = (name: string, of: number): PinnedImage => {
  const [tag, digest] = [`t${of}`, `sha256:${String(of).repeat(64)}`];
  const repository = `localhost:5001/${name}`;
  return { name, repository, tag, digest, reference: `${repository}:${tag}@${digest}`, changed: true };
};

async function place() {
  const origin = await gitRepository(files);
  const remote = await bareRepository();
  const sources: string[] = [];
  for (const subject of ["One", "Two", "Three"]) {
    await origin.git("commit", "--quiet", "--allow-empty", `--message=${subject}`);
    sources.push(await origin.git("rev-parse", "HEAD"));
  }
  await origin.git("push", "--quiet", remote, "main");
  const github = await startLoopbackGitHub(remote);
  const server = testGit(remote);
  const bump = async (of: number, names = ["a", "b"]): Promise<ActionResult> => {
    const root = await temporaryFolder();
    await origin.git("clone", "--quiet", `file://${remote}`, root);
    const committer = { name: "Bot", email: "bot@example.invalid" };
    const ports = connectDelivery({
      root,
      identity: committer,
      github: github.options,
      logger: silentLogger(),
    });
    const inputs = {
      environment: "prod",
      images: names.map((name) => built(name, of)),
      sourceCommit: sources[of - 1],
      commit: true,
      pushBranch: "main",
      dryRun: false,
      committer,
    };
    const result = await run(inputs, ports);
    expect(await testGit(root)("status", "--porcelain")).toBe("");
    expect(await testGit(root)("rev-parse", "HEAD")).toBe(await server("rev-parse", "main"));
    return result;
  };
  const tags = async (branch: string): Promise<string[]> =>
    (await server("show", `${branch}:${overlay}`)).match(/(?<=newTag: )\w+/g) ?? [];
  return { origin, remote, github, server, sources, bump, tags };
}

describe("an environment that is changed by pull request", { timeout: 60_000 }, () => {
  test("gets one, which a newer bump updates, with all that waits in one commit", async () => {
    const { github, server, sources, bump, tags } = await place();
    const main = await server("rev-parse", "main");
    const first = await bump(1, ["a"]);
    expect(first.outputs).toMatchObject({
      changed: "true",
      commit: await server("rev-parse", BRANCH),
      "pull-request": "https://github.example/acme/lake/pull/1",
    });
    expect(first.summary).toContain(
      "1 image will move when https://github.example/acme/lake/pull/1 is merged.",
    );
    await bump(2, ["b"]);
    expect(github.pulls).toMatchObject([
      { number: 1, state: "open", base: "main", title: "Bump a and b in prod" },
    ]);
    expect(await tags(BRANCH)).toEqual(["t1", "t2"]);
    expect(await server("rev-parse", `${BRANCH}~`)).toBe(main);
    expect(await server("rev-parse", "main")).toBe(main);
    expect(await server("branch", "--list", "--format=%(refname:short)")).toBe(`main\n${BRANCH}`);
    const message = await server("show", "--no-patch", "--format=%B", BRANCH);
    expect(message).toContain(
      `Wavehouse-Source-Commit: ${sources[1]}\nWavehouse-Image-Source: a ${sources[0]}`,
    );
    expect(message).toContain("Argocd-reference-commit-author: Test <test@example.invalid>\n");
    expect(message).toContain("Argocd-reference-commit-subject: Two\n");
    expect(message).toContain("Argocd-reference-commit-repourl: https://git.example.com/lake.git");
    expect(github.pulls[0]?.body).toContain("| a | `unbuilt` | `t1` `sha256:111111111111` | not known |");
    expect(github.violations).toEqual([]);
  });

  test("the same again writes nothing; an older one takes nothing back", async () => {
    const { github, server, bump, tags } = await place();
    await bump(2);
    const head = await server("rev-parse", BRANCH);
    await bump(2);
    expect(await server("rev-parse", BRANCH)).toBe(head);
    await bump(1);
    expect(await tags(BRANCH)).toEqual(["t2", "t2"]);
    expect(github.pulls).toHaveLength(1);
    expect(github.requests.filter((request) => request.endsWith("createCommitOnBranch"))).toHaveLength(1);
    expect(github.violations).toEqual([]);
  });

  test("merged, the next one is new, begins at main, and lists the commits since", async () => {
    const { github, server, bump, tags } = await place();
    await bump(1);
    await server("update-ref", "refs/heads/main", BRANCH);
    Object.assign(github.pulls[0] ?? {}, { state: "closed" });
    await bump(3);
    expect(github.pulls).toMatchObject([{ state: "closed" }, { number: 2, state: "open" }]);
    expect(await tags(BRANCH)).toEqual(["t3", "t3"]);
    expect(await server("rev-parse", `${BRANCH}~`)).toBe(await server("rev-parse", "main"));
    expect(github.pulls[1]?.body).toMatch(/\*\*Commits since\*\*\n\n- \w{12} `Three`\n- \w{12} `Two`\n/);
    expect(github.violations).toEqual([]);
  });

  test("closed when nothing of it is left to move: a roll-back holds what waited in it", async () => {
    const { origin, github, server, bump, tags, remote, sources } = await place();
    await bump(2);
    const pushHolds = async (text: string): Promise<void> => {
      await origin.git("pull", "--quiet", remote, "main");
      await origin.write("overlays/prod/cicd/holds.yaml", text);
      await origin.git("add", "--all");
      await origin.git("commit", "--quiet", "--message=Holds");
      await origin.git("push", "--quiet", remote, "main");
    };
    const hold = (image: string) => ({ image, newerThan: sources[1] ?? "" });
    await pushHolds(formatHolds([hold("a")]) ?? "");
    await bump(2);
    // What may move still waits.
    expect(github.pulls).toMatchObject([{ number: 1, state: "open", title: "Bump b in prod" }]);
    expect(await tags(BRANCH)).toEqual(["unbuilt", "t2"]);
    await pushHolds(formatHolds([hold("a"), hold("b")]) ?? "");
    const last = await bump(1);
    expect(last.outputs).toMatchObject({ changed: "false", "pull-request": "" });
    expect(github.pulls).toMatchObject([{ state: "closed" }]);
    expect(await server("branch", "--list", "--format=%(refname:short)")).toBe("main");
    expect(github.pulls[0]?.body).toMatch(
      /^Nothing of it is left to move\.\n\n- a is held by a roll-back: .*\n- b is held/,
    );
    expect(await server("show", `main:${overlay}`)).not.toContain("t2");
    // Something newer than the bad opens another.
    await bump(3);
    expect(github.pulls).toMatchObject([{ state: "closed" }, { number: 2, state: "open" }]);
    expect(github.violations).toEqual([]);
  });

  test("one that was updated meanwhile is not closed", async () => {
    const { github, server, bump } = await place();
    await bump(1);
    const pull = { number: 1, url: "", head: await server("rev-parse", BRANCH) };
    await bump(2);
    const pulls = githubPullRequests(
      { root: "/", identity: { name: "", email: "" } },
      github.options,
      silentLogger(),
    );
    expect(await pulls.close(pull, BRANCH, "gone")).toBe("moved");
    expect(github.pulls).toMatchObject([{ state: "open" }]);
    expect(await server("branch", "--list", BRANCH)).not.toBe("");
    expect(github.violations).toEqual([]);
  });

  test("a branch of the same name in a fork, and 150 other pull requests, are not taken for it", async () => {
    const { github, bump } = await place();
    for (let number = 1; number <= 150; number++) {
      (github.pulls as object[]).push({
        number,
        title: "",
        body: "",
        head: `other-${number}`,
        base: "main",
        state: "open",
      });
    }
    await bump(1);
    await bump(2);
    expect(github.pulls.filter(({ head }) => head === BRANCH)).toHaveLength(1);
    expect(github.violations).toEqual([]);
  });
});
