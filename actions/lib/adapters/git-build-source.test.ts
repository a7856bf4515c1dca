import { expect, test } from "vitest";
import { type GitRepository, gitRepository } from "../testing/git-repository.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { testGit } from "../testing/test-git.ts";
import { gitBuildSource } from "./git-build-source.ts";

async function commitFile(at: GitRepository, path: string, text: string): Promise<string> {
  await at.write(path, text);
  await at.git("add", "--all");
  await at.git("commit", "--quiet", `--message=${path}`);
  return at.git("rev-parse", "HEAD");
}

const lastOf = async (at: GitRepository, ...paths: string[]): Promise<string | undefined> =>
  (await gitBuildSource(at.root, {}).lastChange(paths))?.commit;

test("the last change is the newest of all files, whatever their names", async () => {
  const at = await gitRepository({ "a.sql": "a", "b.sql": "b", "żółw \n.sql": "z" });
  const first = await at.git("rev-parse", "HEAD");
  const second = await commitFile(at, "a.sql", "a2");
  const third = await commitFile(at, "żółw \n.sql", "z2");
  expect(await lastOf(at, "b.sql")).toBe(first);
  expect(await lastOf(at, "b.sql", "a.sql")).toBe(second);
  expect(await lastOf(at, "b.sql", "żółw \n.sql")).toBe(third);
  expect(await lastOf(at, "never.sql")).toBeUndefined();
});

test("its date is in UTC", async () => {
  const at = await gitRepository({ "a.sql": "a" });
  await at.write("a.sql", "a2");
  await at.git(
    "-c",
    "user.name=a",
    "commit",
    "--quiet",
    "--all",
    "--message=m",
    "--date=2026-01-01T12:00:00+02:00",
  );
  const last = await gitBuildSource(at.root, {}).lastChange(["a.sql"]);
  expect(last?.date).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
});

test("a file that nobody has touched for hundreds of commits is found too", { timeout: 60_000 }, async () => {
  const at = await gitRepository({ "old.sql": "o" });
  const first = await at.git("rev-parse", "HEAD");
  for (let count = 0; count < 120; count++) await at.git("commit", "--quiet", "--allow-empty", "--message=m");
  expect(await lastOf(at, "old.sql")).toBe(first);
});

test("a merge counts only where it differs from both of its sides", async () => {
  const at = await gitRepository({ "a.sql": "a", "b.sql": "b" });
  await at.git("checkout", "--quiet", "-b", "side");
  const side = await commitFile(at, "a.sql", "side");
  await at.git("checkout", "--quiet", "main");
  await commitFile(at, "b.sql", "main");
  await at.git("merge", "--quiet", "--no-ff", "--no-commit", "side");
  await at.write("b.sql", "changed in the merge");
  await at.git("commit", "--quiet", "--all", "--message=merge");
  expect(await lastOf(at, "a.sql")).toBe(side);
  expect(await lastOf(at, "b.sql")).toBe(await at.git("rev-parse", "HEAD"));
});

test("what is not committed has no last change", async () => {
  const at = await gitRepository({ "a.sql": "a", "b.sql": "b" });
  await at.write("a.sql", "changed");
  expect(await lastOf(at, "a.sql", "b.sql")).toBeUndefined();
  expect(await lastOf(at, "b.sql")).toBe(await at.git("rev-parse", "HEAD"));
});

test("a shallow clone tells what the whole one does, and nothing where it cannot know", async () => {
  const at = await gitRepository({ "a.sql": "a", "b.sql": "b" });
  const first = await at.git("rev-parse", "HEAD");
  await commitFile(at, "b.sql", "b2");
  const clone = async (): Promise<string> => {
    const root = await temporaryFolder();
    await at.git("clone", "--quiet", "--depth=1", `file://${at.root}`, root);
    return root;
  };
  const actions = { GITHUB_ACTIONS: "true" };
  for (const environment of [{}, actions]) {
    const source = gitBuildSource(await clone(), environment);
    expect((await source.lastChange(["a.sql"]))?.commit).toBe(first);
  }
  const cut = await clone();
  await testGit(cut)("remote", "remove", "origin");
  expect(await gitBuildSource(cut, {}).lastChange(["a.sql"])).toBeUndefined();
  await expect(gitBuildSource(cut, actions).lastChange(["a.sql"])).rejects.toThrow("fetch-depth: 0");
});
