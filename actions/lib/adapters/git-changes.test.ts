import { expect, test } from "vitest";
import { gitRepository } from "../testing/git-repository.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { gitChanges } from "./git-changes.ts";

test("the lines of the working tree that a commit has not, whatever the path and the user's settings", async () => {
  const { root, git, write } = await gitRepository({
    "a.yaml": "1\n2\n3\n",
    "ü b.yaml": "1\n",
    "gone.yaml": "1\n",
  });
  await git("config", "diff.mnemonicPrefix", "true");
  await git("config", "diff.renames", "copies");
  await write("a.yaml", "1\n+++ b/x\n3\n4\n");
  await write("ü b.yaml", "0\n1\n");
  await git("rm", "--quiet", "gone.yaml");
  await git("commit", "--quiet", "--all", "--message=second");
  await write("a.yaml", "1\n+++ b/x\n3\n4\n5\n");
  const changes = await gitChanges(root).since("HEAD^1");
  expect(Object.fromEntries(changes ?? [])).toEqual({
    "a.yaml": [
      [2, 2],
      [4, 5],
    ],
    "ü b.yaml": [[1, 1]],
  });
});

test("a commit that is not there, an option in its place, and a folder without Git change no order", async () => {
  const { root } = await gitRepository({ "a.yaml": "1\n" });
  expect(await gitChanges(root).since("HEAD^1")).toBeUndefined();
  expect(await gitChanges(root).since("--output=stolen")).toBeUndefined();
  expect(await gitChanges(await temporaryFolder()).since("HEAD")).toBeUndefined();
});
