import { chmod, mkdir, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { UserError } from "../domain/user-error.ts";
import { gitRepository } from "../testing/git-repository.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { gitWorkspace } from "./git-workspace.ts";

const paths = (entries: readonly { path: string }[]): string[] => entries.map((entry) => entry.path);

describe("list", () => {
  test("shows tracked and new files, not ignored, deleted or nested ones", async () => {
    const { root, write, git } = await gitRepository({
      ".gitignore": "*.log\n",
      "a/one.txt": "1",
      "a/gone.txt": "x",
      "ab/two.txt": "2",
    });
    await write("a/new.txt", "new");
    await write("a/noise.log", "noise");
    await rm(join(root, "a/gone.txt"));
    await mkdir(join(root, "nested"));
    await git("init", "--quiet", "nested");
    expect(paths(await gitWorkspace(root).list(""))).toEqual([
      ".gitignore",
      "a/new.txt",
      "a/one.txt",
      "ab/two.txt",
    ]);
    expect(paths(await gitWorkspace(root).list("a"))).toEqual(["a/new.txt", "a/one.txt"]);
    expect(paths(await gitWorkspace(root).list("a/one.txt"))).toEqual(["a/one.txt"]);
    expect(await gitWorkspace(root).list("nothing")).toEqual([]);
  });

  test("tells size, executable files and symbolic links", async () => {
    const { root, write } = await gitRepository({ "run.sh": "#!/bin/sh\n" });
    await chmod(join(root, "run.sh"), 0o755);
    await symlink("run.sh", join(root, "link"));
    await write("plain", "12345");
    expect(await gitWorkspace(root).list("")).toEqual([
      { path: "link", bytes: 6, executable: false, symlink: true },
      { path: "plain", bytes: 5, executable: false, symlink: false },
      { path: "run.sh", bytes: 10, executable: true, symlink: false },
    ]);
  });

  test("believes Git's index where the file system has no modes", async () => {
    const { root, git } = await gitRepository({ "run.sh": "", "plain.txt": "" });
    await git("config", "core.fileMode", "false");
    await git("update-index", "--chmod=+x", "run.sh");
    await chmod(join(root, "plain.txt"), 0o777);
    const entries = await gitWorkspace(root).list("");
    expect(entries.map((entry) => [entry.path, entry.executable])).toEqual([
      ["plain.txt", false],
      ["run.sh", true],
    ]);
  });

  test("takes names with spaces, quotes, stars and letters of any alphabet as they are", async () => {
    const names = ['a "b"', "a*", "ab", "żółw/ßtraße.sql"];
    const { root } = await gitRepository(Object.fromEntries(names.map((name) => [name, "x"])));
    expect(paths(await gitWorkspace(root).list(""))).toEqual(names);
    expect(paths(await gitWorkspace(root).list("a*"))).toEqual(["a*"]);
  });

  test("counts from a folder inside the repository", async () => {
    const { root } = await gitRepository({ "sub/a.txt": "", "other.txt": "" });
    expect(paths(await gitWorkspace(join(root, "sub")).list(""))).toEqual(["a.txt"]);
  });

  test("walks the folder where there is no Git", async () => {
    const root = await temporaryFolder();
    await mkdir(join(root, "a/__pycache__"), { recursive: true });
    await writeFile(join(root, "a/one.txt"), "1");
    await writeFile(join(root, "a/__pycache__/one.pyc"), "1");
    const workspace = gitWorkspace(root);
    expect(await workspace.list("")).toEqual([
      { path: "a/one.txt", bytes: 1, executable: false, symlink: false },
    ]);
    expect(paths(await workspace.list("a/one.txt"))).toEqual(["a/one.txt"]);
    expect(await workspace.list("nothing")).toEqual([]);
  });

  test("does not take a broken repository for none", async () => {
    const { root, write } = await gitRepository({ "a.txt": "" });
    await write(".git/index", "not an index");
    await expect(gitWorkspace(root).list("")).rejects.toThrow(/Git cannot list the files/);
  });
});

describe("read and exists", () => {
  test("gives the bytes, and a clear error where there is no file", async () => {
    const { root } = await gitRepository({ "a.txt": "text" });
    const workspace = gitWorkspace(root);
    expect(Buffer.from(await workspace.read("a.txt")).toString()).toBe("text");
    expect(await workspace.exists("a.txt")).toBe(true);
    expect(await workspace.exists("b.txt")).toBe(false);
    await expect(workspace.read("b.txt")).rejects.toThrow(
      new UserError("b.txt: cannot be read: there is no such file"),
    );
  });

  test.each(["../secret", "/etc/passwd", "a/../../b", "./a", "a//b", ".git/config", ""])(
    "refuses %j",
    async (path) => {
      const root = await temporaryFolder();
      await expect(gitWorkspace(root).read(path)).rejects.toThrow("is not a path inside the repository");
    },
  );
});

describe("apply", () => {
  test("writes, creates and deletes, keeps modes and leaves nothing beside", async () => {
    const { root, git } = await gitRepository({ "run.sh": "old", "gone.txt": "x" });
    await chmod(join(root, "run.sh"), 0o755);
    await gitWorkspace(root).apply(
      new Map([
        ["run.sh", "new"],
        ["deep/er/file.txt", "text\r\n"],
        ["gone.txt", null],
        ["never-was.txt", null],
      ]),
    );
    expect(await readFile(join(root, "run.sh"), "utf8")).toBe("new");
    expect((await stat(join(root, "run.sh"))).mode & 0o777).toBe(0o755);
    expect(await readFile(join(root, "deep/er/file.txt"), "utf8")).toBe("text\r\n");
    expect((await readdir(root)).sort()).toEqual([".git", "deep", "run.sh"]);
    expect(await readdir(join(root, "deep/er"))).toEqual(["file.txt"]);
    expect(await git("status", "--porcelain", "-uall")).toBe(" D gone.txt\n M run.sh\n?? deep/er/file.txt");
  });

  test.each([
    ["a path that leaves the repository", "../outside.txt", "is not a path inside the repository"],
    ["a folder", "folder", "folder is not a file"],
    ["a symbolic link", "link", "link is a symbolic link"],
    ["a file as a folder", "first.txt/below.txt", "first.txt is not a folder"],
    ["a linked folder", "linked/below.txt", "linked is not a folder"],
  ])("writes nothing at all when one edit names %s", async (_, path, message) => {
    const { root, git } = await gitRepository({
      "first.txt": "first",
      "folder/a.txt": "a",
      "last.txt": "last",
    });
    await symlink("first.txt", join(root, "link"));
    await symlink("folder", join(root, "linked"));
    const before = await git("status", "--porcelain", "-uall");
    const edits = new Map<string, string | null>([
      ["first.txt", "changed"],
      ["new/folder/file.txt", "new"],
      ["last.txt", null],
      [path, "boom"],
    ]);
    await expect(gitWorkspace(root).apply(edits)).rejects.toThrow(message);
    expect(await git("status", "--porcelain", "-uall")).toBe(before);
    expect((await readdir(root)).sort()).toEqual([
      ".git",
      "first.txt",
      "folder",
      "last.txt",
      "link",
      "linked",
    ]);
  });

  test("puts back what it had exchanged when a later exchange fails", async () => {
    const { root, git } = await gitRepository({ "a.txt": "a", "b/c.txt": "c" });
    // Both edits prepare well; the second one's target becomes a folder's name only when the first is in place.
    const edits = new Map<string, string | null>([
      ["new.txt", "new"],
      ["a.txt", "changed"],
      ["b/c.txt", null],
      ["new.txt/below.txt", "boom"],
    ]);
    await expect(gitWorkspace(root).apply(edits)).rejects.toThrow("nothing was written");
    expect(await git("status", "--porcelain", "-uall")).toBe("");
    expect((await readdir(root)).sort()).toEqual([".git", "a.txt", "b"]);
  });
});

test("every content has a name of its own, a changed file one that is a file's too", async () => {
  const { root, write } = await gitRepository({
    "same.yaml": "a: 1\n",
    "changed.yaml": "a: 1\n",
    "gone.yaml": "",
  });
  const before = await gitWorkspace(root).contentIds?.();
  await write("changed.yaml", "a: 2\n");
  await write("new.yaml", "a: 2\n");
  await rm(join(root, "gone.yaml"));
  await symlink("/dev/zero", join(root, "link.yaml"));
  const after = await gitWorkspace(root).contentIds?.();
  expect(before?.get("same.yaml")).toBe(before?.get("changed.yaml"));
  expect(after?.get("same.yaml")).toBe(before?.get("same.yaml"));
  expect(after?.get("changed.yaml")).toMatch(/^100644 [0-9a-f]{64}$/);
  expect(after?.get("new.yaml")).toBe(after?.get("changed.yaml"));
  expect(after?.has("gone.yaml")).toBe(false);
  expect(after?.get("link.yaml")).toMatch(/^other /);
});
