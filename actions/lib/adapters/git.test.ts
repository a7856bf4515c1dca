import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { gitRepository } from "../testing/git-repository.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { bareRepository } from "../testing/test-git.ts";
import { type GitOptions, git } from "./git.ts";
import { runProcess } from "./process.ts";

const identity = { name: "Bot", email: "bot@example.invalid" };
const at = (root: string, more: Partial<GitOptions> = {}): GitOptions => ({ root, identity, ...more });

describe("head", () => {
  test("is the current commit", async () => {
    const repository = await gitRepository();
    expect(await git(at(repository.root)).head()).toBe(await repository.git("rev-parse", "HEAD"));
  });

  test("says that there is no commit, or no repository", async () => {
    const root = await temporaryFolder();
    await expect(git(at(root)).head()).rejects.toThrow(/not a git repository/);
    await runProcess({ file: "git", args: ["init", "--quiet"], cwd: root });
    await expect(git(at(root)).head()).rejects.toThrow(/has no commit yet/);
  });
});

describe("commit", () => {
  test("holds just the named paths: changed, new and deleted; other staged changes stay staged", async () => {
    const repository = await gitRepository({
      "a.txt": "a",
      "gone.txt": "x",
      "other.txt": "o",
      "staged.txt": "s",
    });
    await repository.write("a.txt", "changed");
    await repository.write("new/b.txt", "b");
    await rm(join(repository.root, "gone.txt"));
    await repository.write("other.txt", "not this");
    await repository.write("staged.txt", "nor this");
    await repository.git("add", "staged.txt");
    const before = await repository.git("rev-parse", "HEAD");

    const made = await git(at(repository.root)).commit({
      message: "Subject\n\n# not a comment\nTrailer: yes",
      paths: ["a.txt", "new/b.txt", "gone.txt"],
    });

    expect(made).toBe(await repository.git("rev-parse", "HEAD"));
    expect(await repository.git("rev-parse", "main^")).toBe(before);
    expect(await repository.git("show", "--name-status", "--format=%an <%ae> %cn%n%B", "HEAD")).toBe(
      "Bot <bot@example.invalid> Bot\nSubject\n\n# not a comment\nTrailer: yes\n\n\nM\ta.txt\nD\tgone.txt\nA\tnew/b.txt",
    );
    expect(await repository.git("status", "--porcelain")).toBe(" M other.txt\nM  staged.txt");
    expect(await repository.git("log", "-1", "-g", "--format=%gs")).toBe("commit: Subject");
  });

  test("is not made when nothing changed", async () => {
    const repository = await gitRepository({ "a.txt": "a" });
    await repository.write("a.txt", "a");
    await repository.write("b.txt", "b");
    expect(await git(at(repository.root)).commit({ message: "m", paths: ["a.txt"] })).toBeUndefined();
    expect(await repository.git("rev-list", "--count", "HEAD")).toBe("1");
  });

  test("counts paths from a folder inside the repository, and works on a detached HEAD", async () => {
    const repository = await gitRepository({ "sub/a.txt": "a" });
    await repository.git("checkout", "--quiet", "--detach");
    await repository.write("sub/a.txt", "changed");
    await git(at(join(repository.root, "sub"))).commit({ message: "m", paths: ["a.txt"] });
    expect(await repository.git("show", "--name-only", "--format=")).toBe("sub/a.txt");
    expect(await repository.git("rev-list", "--count", "main")).toBe("1");
  });

  test("runs no hook and asks for no signature", async () => {
    const repository = await gitRepository({ "a.txt": "a" });
    await repository.git("config", "core.hooksPath", "hooks");
    await repository.git("config", "commit.gpgSign", "true");
    for (const hook of ["pre-commit", "commit-msg", "post-commit", "reference-transaction"]) {
      await repository.write(`hooks/${hook}`, "#!/bin/sh\nexit 1\n");
      await runProcess({ file: "chmod", args: ["+x", `hooks/${hook}`], cwd: repository.root });
    }
    await repository.write("a.txt", "changed");
    expect(await git(at(repository.root)).commit({ message: "m", paths: ["a.txt"] })).toMatch(
      /^[0-9a-f]{40}$/,
    );
  });

  test("commits nothing while another Git process holds the index", async () => {
    const repository = await gitRepository({ "a.txt": "a" });
    await repository.write("a.txt", "changed");
    await writeFile(join(repository.root, ".git/index.lock"), "");
    await expect(git(at(repository.root)).commit({ message: "m", paths: ["a.txt"] })).rejects.toThrow(
      /^nothing was committed: another Git process works in this repository/,
    );
    expect(await repository.git("rev-list", "--count", "HEAD")).toBe("1");
  });
});

describe("push", () => {
  async function withRemote(): Promise<{
    repository: Awaited<ReturnType<typeof gitRepository>>;
    remote: string;
  }> {
    const repository = await gitRepository({ "a.txt": "a" });
    const remote = await bareRepository();
    await repository.git("remote", "add", "origin", remote);
    return { repository, remote };
  }

  test("puts HEAD on the branch", async () => {
    const { repository, remote } = await withRemote();
    await git(at(repository.root)).push("deliver/local");
    const { stdout } = await runProcess({ file: "git", args: ["rev-parse", "deliver/local"], cwd: remote });
    expect(stdout.toString().trim()).toBe(await repository.git("rev-parse", "HEAD"));
  });

  test("never overwrites what somebody else pushed", async () => {
    const { repository } = await withRemote();
    await repository.git("commit", "--quiet", "--allow-empty", "--message=theirs");
    await repository.git("push", "--quiet", "origin", "main");
    await repository.git("reset", "--quiet", "--hard", "HEAD^");
    await repository.git("commit", "--quiet", "--allow-empty", "--message=ours");
    await expect(git(at(repository.root)).push("main")).rejects.toThrow(/the branch has moved meanwhile/);
  });

  test("tells a refusal of the server", async () => {
    const { repository, remote } = await withRemote();
    await writeFile(join(remote, "hooks/pre-receive"), "#!/bin/sh\necho protected >&2\nexit 1\n", {
      mode: 0o755,
    });
    await expect(git(at(repository.root)).push("main")).rejects.toThrow(/the server refused it.*protected/s);
  });

  test.each([
    ["no such remote", "main", "nowhere", /there is no such remote/],
    ["a name that is no branch", "a..b", "origin", /"a\.\.b" is not a branch name/],
  ])("fails on %s", async (_, branch, remote, message) => {
    const { repository } = await withRemote();
    await expect(git(at(repository.root, { remote })).push(branch)).rejects.toThrow(message);
  });
});
