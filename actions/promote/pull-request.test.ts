import { expect, test } from "vitest";
import { connectDelivery } from "../lib/adapters/connect-delivery.ts";
import type { ActionResult } from "../lib/domain/action-result.ts";
import { deliveredRepository } from "../lib/testing/delivered-repository.ts";
import { startLoopbackGitHub } from "../lib/testing/loopback-github.ts";
import { silentLogger } from "../lib/testing/silent-logger.ts";
import { bareRepository, testGit } from "../lib/testing/test-git.ts";
import { run } from "./run.ts";

const BRANCH = "wavehouse/bump-prod";

async function place() {
  const at = await deliveredRepository(["dev", "prod"]);
  await at.write("overlays/prod/cicd/environment.yaml", "data:\n  delivery: pull-request\n");
  await at.git("add", "--all");
  for (const subject of ["One", "Two"]) await at.merge(subject);
  await at.bump("dev", 1);
  const remote = await bareRepository();
  await at.git("remote", "add", "origin", remote);
  await at.git("push", "--quiet", "origin", "main");
  const github = await startLoopbackGitHub(remote);
  const committer = { name: "Bot", email: "bot@example.invalid" };
  const promote = (...images: string[]): Promise<ActionResult> => {
    const ports = connectDelivery({
      root: at.root,
      identity: committer,
      github: github.options,
      logger: silentLogger(),
    });
    const inputs = { from: "dev", to: "prod", images, pushBranch: "main", dryRun: false, committer };
    return run({ ...inputs, unproved: true }, ports);
  };
  const waits = async (): Promise<string[]> =>
    (await testGit(remote)("show", `${BRANCH}:overlays/prod/kustomization.yaml`)).match(
      /(?<=newTag: )\w+/g,
    ) ?? [];
  return { ...at, github, promote, waits };
}

test("a second promotion keeps what waits, as long as it runs where it came from, and says what goes", {
  timeout: 120_000,
}, async () => {
  const { github, promote, waits, bump, git } = await place();
  await promote("a");
  expect(await waits()).toEqual(["t1", "unbuilt"]);
  await promote("b");
  expect(await waits()).toEqual(["t1", "t1"]);
  expect(github.pulls).toMatchObject([
    { number: 1, state: "open", title: "Promote a and b from dev to prod" },
  ]);
  await bump("dev", 2, ["a"]);
  await git("push", "--quiet", "origin", "main");
  const { summary } = await promote("b");
  expect(await waits()).toEqual(["unbuilt", "t1"]);
  expect(summary).toContain(
    "a waited in https://github.example/acme/lake/pull/1 with t1, and does no more: dev does not run that.",
  );
  expect(github.pulls).toHaveLength(1);
  expect(github.violations).toEqual([]);
});
