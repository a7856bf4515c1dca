import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type GitRepository, gitRepository } from "../testing/git-repository.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { bareRepository, testGit } from "../testing/test-git.ts";
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

  test("takes a file of which Git's index knows no more, and leaves out what nobody ever knew", async () => {
    const repository = await gitRepository({ "a.txt": "a", "gone.txt": "x" });
    await repository.git("rm", "--quiet", "gone.txt");
    await repository.write("new.txt", "n");
    const paths = ["gone.txt", "new.txt", "never.txt"];
    await git(at(repository.root)).commit({ message: "m", paths });
    expect(await repository.git("show", "--name-status", "--format=")).toBe("D\tgone.txt\nA\tnew.txt");
    expect(await repository.git("status", "--porcelain")).toBe("");
    expect(await git(at(repository.root)).commit({ message: "m", paths: ["never.txt"] })).toBeUndefined();
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

async function withRemote(): Promise<{ repository: GitRepository; remote: string }> {
  const repository = await gitRepository({ "a.txt": "a" });
  const remote = await bareRepository();
  await repository.git("remote", "add", "origin", remote);
  return { repository, remote };
}

describe("push", () => {
  test("puts HEAD on the branch", async () => {
    const { repository, remote } = await withRemote();
    expect(await git(at(repository.root)).push("deliver/local")).toBe("pushed");
    const { stdout } = await runProcess({ file: "git", args: ["rev-parse", "deliver/local"], cwd: remote });
    expect(stdout.toString().trim()).toBe(await repository.git("rev-parse", "HEAD"));
  });

  test("never overwrites what somebody else pushed", async () => {
    const { repository } = await withRemote();
    await repository.git("commit", "--quiet", "--allow-empty", "--message=theirs");
    await repository.git("push", "--quiet", "origin", "main");
    const theirs = await repository.git("rev-parse", "HEAD");
    await repository.git("reset", "--quiet", "--hard", "HEAD^");
    await repository.git("commit", "--quiet", "--allow-empty", "--message=ours");
    expect(await git(at(repository.root)).push("main")).toBe("moved");
    expect(await repository.git("ls-remote", "origin", "refs/heads/main")).toContain(theirs);
  });

  test("tells when another push came between on the server", async () => {
    const { repository, remote } = await withRemote();
    await repository.git("push", "--quiet", "origin", "main");
    const hook = `#!/bin/sh
unset GIT_QUARANTINE_PATH
git update-ref refs/heads/main "$(git commit-tree -p main -m theirs 'main^{tree}')"
`;
    await writeFile(join(remote, "hooks/pre-receive"), hook, { mode: 0o755 });
    await testGit(remote)("config", "user.name", "Theirs");
    await testGit(remote)("config", "user.email", "theirs@example.invalid");
    await repository.git("commit", "--quiet", "--allow-empty", "--message=ours");
    expect(await git(at(repository.root)).push("main")).toBe("moved");
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

describe("takeBack", () => {
  test("leaves files, index and HEAD as they were before the commit", async () => {
    const repository = await gitRepository({
      "a.txt": "a",
      "gone.txt": "x",
      "other.txt": "o",
      "staged.txt": "s",
    });
    await repository.write("other.txt", "not this");
    await repository.write("staged.txt", "nor this");
    await repository.git("add", "staged.txt");
    const [head, status] = [
      await repository.git("rev-parse", "main"),
      await repository.git("status", "--porcelain"),
    ];
    await repository.write("a.txt", "changed");
    await repository.write("new/b.txt", "b");
    await rm(join(repository.root, "gone.txt"));
    const control = git(at(repository.root));
    const made = await control.commit({ message: "m", paths: ["a.txt", "new/b.txt", "gone.txt"] });
    await control.takeBack(made ?? "");
    expect(await repository.git("rev-parse", "main")).toBe(head);
    expect(await repository.git("status", "--porcelain")).toBe(status);
    expect(await readFile(join(repository.root, "other.txt"), "utf8")).toBe("not this");
  });

  test.each([
    ["when somebody has committed on top", "other.txt", /stays here.*somebody has committed on top of it/s],
    ["when somebody has edited its files", "a.txt", /stays here.*a\.txt.*not uptodate/s],
  ])("does nothing %s", async (_, path, message) => {
    const repository = await gitRepository({ "a.txt": "a", "other.txt": "o" });
    const control = git(at(repository.root));
    await repository.write("a.txt", "changed");
    const made = await control.commit({ message: "m", paths: ["a.txt"] });
    await repository.write(path, "edited since");
    if (path === "other.txt") await repository.git("commit", "--quiet", "--all", "--message=on top");
    const head = await repository.git("rev-parse", "main");
    await expect(control.takeBack(made ?? "")).rejects.toThrow(message);
    expect(await repository.git("rev-parse", "main")).toBe(head);
    expect(await readFile(join(repository.root, path), "utf8")).toBe("edited since");
  });
});

describe("catchUp", () => {
  /** A clone, one commit behind its remote, in which `a.txt` became `theirs`. */
  async function behind(): Promise<{ repository: GitRepository; theirs: string }> {
    const { repository } = await withRemote();
    await repository.write("a.txt", "theirs");
    await repository.git("commit", "--quiet", "--all", "--message=theirs");
    await repository.git("push", "--quiet", "origin", "main");
    const theirs = await repository.git("rev-parse", "HEAD");
    await repository.git("reset", "--quiet", "--hard", "HEAD^");
    return { repository, theirs };
  }

  test("moves HEAD and files to where the branch is, and keeps what is not committed", async () => {
    const { repository, theirs } = await behind();
    await repository.write("mine.txt", "mine");
    await repository.git("add", "mine.txt");
    await git(at(repository.root)).catchUp("main");
    expect(await repository.git("rev-parse", "main")).toBe(theirs);
    expect(await readFile(join(repository.root, "a.txt"), "utf8")).toBe("theirs");
    expect(await repository.git("status", "--porcelain")).toBe("A  mine.txt");
  });

  test.each([
    ["commits that the branch lacks", "b.txt", ["--message=mine"], /cannot follow it: pull it by hand/],
    ["changes in the way", "a.txt", undefined, /cannot follow it.*a\.txt/s],
  ])("refuses %s", async (_, path, commit, message) => {
    const { repository } = await behind();
    await repository.write(path, "mine");
    if (commit !== undefined) {
      await repository.git("add", path);
      await repository.git("commit", "--quiet", ...commit);
    }
    const head = await repository.git("rev-parse", "main");
    await expect(git(at(repository.root)).catchUp("main")).rejects.toThrow(message);
    expect(await repository.git("rev-parse", "main")).toBe(head);
    expect(await readFile(join(repository.root, path), "utf8")).toBe("mine");
  });

  test("tells a branch that is not there", async () => {
    const { repository } = await behind();
    await expect(git(at(repository.root)).catchUp("mian")).rejects.toThrow(/cannot fetch mian of origin/);
  });
});
