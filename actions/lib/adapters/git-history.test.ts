import { expect, test } from "vitest";
import { gitRepository } from "../testing/git-repository.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { testGit } from "../testing/test-git.ts";
import { gitHistory } from "./git-history.ts";

const identity = { name: "Bot", email: "bot@example.invalid" };

/** first, then second on main; beside first, side. */
async function repository() {
  const here = await gitRepository({ "overlays/local/a.yaml": "1\n", "overlays/eks/a.yaml": "2\n" });
  const commit = async (message: string): Promise<string> => {
    // A clock that runs backwards: time tells nothing.
    const date = `2020-01-01T00:00:${String(59 - order++)}Z`;
    const env = { GIT_AUTHOR_DATE: date, GIT_COMMITTER_DATE: date };
    const args = ["commit", "--quiet", "--allow-empty", `--message=${message}`];
    await testGit(here.root, env)("-c", "user.name=A Person", ...args);
    return here.git("rev-parse", "HEAD");
  };
  let order = 0;
  const first = await here.git("rev-parse", "HEAD");
  const second = await commit("Second\n\nWhy: it was time.\n\nWavehouse-Environment: local");
  const third = await commit("Third\n\nWavehouse-Environment: local2");
  await here.git("checkout", "--quiet", "-b", "side", first);
  const side = await commit("Side\n\nWavehouse-Environment: local");
  await here.git("checkout", "--quiet", "main");
  return { here, first, second, third, side, history: gitHistory({ root: here.root, identity }) };
}

test("commits are ordered by ancestry, in one call or in several", async () => {
  const { history, first, second, third, side } = await repository();
  const gone = "f".repeat(40);
  expect([...(await history.compare(third, [first, second, third]))]).toEqual([
    [first, "after"],
    [second, "after"],
    [third, "same"],
  ]);
  expect([...(await history.compare(second, [first, third, side, gone, third])).values()]).toEqual([
    "after",
    "before",
    "unrelated",
    "unknown",
  ]);
  expect((await history.compare(gone, [first])).get(first)).toBe("unknown");
});

test("an environment's bumps are those whose trailer names it whole, up to a head", async () => {
  const { history, second, side } = await repository();
  expect((await history.bumps("local")).map(({ commit }) => commit)).toEqual([second]);
  expect((await history.bumps("local", side)).map(({ commit }) => commit)).toEqual([side]);
  expect(await history.bumps("loc")).toEqual([]);
});

test("commits are described, listed, and read; what is not there is undefined", async () => {
  const { history, first, second, third } = await repository();
  expect(await history.describe(second)).toMatchObject({
    commit: second,
    author: "A Person <test@example.invalid>",
    subject: "Second",
    body: "Why: it was time.\n\nWavehouse-Environment: local",
  });
  expect(await history.describe("f".repeat(40))).toBeUndefined();
  expect(await history.resolve(second.slice(0, 10))).toBe(second);
  expect(await history.resolve("--all")).toBeUndefined();
  expect((await history.between(first, third, 5)).map(({ subject }) => subject)).toEqual(["Third", "Second"]);
  expect(await history.between(first, third, 1)).toHaveLength(1);
  expect(await history.between("f".repeat(40), third, 1)).toEqual([]);
  expect([...(await history.filesAt(first, "overlays/local"))]).toEqual([["overlays/local/a.yaml", "1\n"]]);
  expect(await history.filesAt(first, "overlays/loc")).toEqual(new Map());
});

test("a shallow clone is deepened before it is asked", async () => {
  const { here, first, third } = await repository();
  const root = await temporaryFolder();
  await here.git("clone", "--quiet", "--depth=1", `file://${here.root}`, root);
  const history = gitHistory({ root, identity });
  expect((await history.compare(third, [first])).get(first)).toBe("after");
});
