import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { addQualityRule, syncScratch } from "./scratch.ts";

const pipeline = "tables:\n  - name: t\n    quality:\n      - { rule: a, severity: fail }\n";

describe("the scratch copy", () => {
  let folder: string;
  let checkout: string;
  let scratch: string;
  const file = (root: string) => join(root, "pipelines/breweries/pipeline.yaml");
  const git = (root: string, ...args: string[]) =>
    execFileSync("git", ["-c", "user.name=t", "-c", "user.email=t@t.invalid", ...args], {
      cwd: root,
      encoding: "utf8",
    });

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "wavehouse-scratch-"));
    checkout = join(folder, "checkout");
    scratch = join(folder, "scratch");
    mkdirSync(join(checkout, "pipelines/breweries"), { recursive: true });
    writeFileSync(file(checkout), pipeline);
    writeFileSync(join(checkout, ".gitignore"), "ignored\n");
    writeFileSync(join(checkout, "ignored"), "secret\n");
    writeFileSync(join(checkout, "overlay"), "tag: unbuilt\n");
    git(checkout, "init", "-q", "-b", "main");
    git(checkout, "add", "-A");
    git(checkout, "commit", "-q", "-m", "first");
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const sync = () => syncScratch(checkout, scratch, addQualityRule);

  it("makes a change where the working tree has none, once", () => {
    const first = sync();
    expect([first.changed, first.author]).toEqual([true, "the demo"]);
    expect(first.diff).toContain("+      - { rule: length(name) > 1, severity: warn }");
    expect(readFileSync(file(scratch), "utf8")).toContain("length(name)");
    expect(sync()).toMatchObject({ changed: false, commit: first.commit });
    expect(git(checkout, "status", "--porcelain")).toBe("");
  });

  it("takes the working tree's change, new files too, and leaves ignored ones", () => {
    writeFileSync(file(checkout), `${pipeline}# mine\n`);
    writeFileSync(join(checkout, "new"), "new\n");
    const taken = sync();
    expect([taken.changed, taken.author]).toEqual([true, "you"]);
    expect(taken.diff).toContain("+# mine");
    expect(git(scratch, "ls-files")).toBe(".gitignore\nnew\noverlay\npipelines/breweries/pipeline.yaml\n");
    expect(git(checkout, "diff", "--cached", "--name-only")).toBe("");
  });

  it("keeps a bump when a later change comes, as a merge does", () => {
    sync();
    writeFileSync(join(scratch, "overlay"), "tag: built\n");
    git(scratch, "commit", "-q", "-a", "-m", "bump");
    writeFileSync(file(checkout), `${pipeline}# mine\n`);
    sync();
    expect(readFileSync(join(scratch, "overlay"), "utf8")).toBe("tag: built\n");
    expect(readFileSync(file(scratch), "utf8")).toContain("# mine");
  });

  it("brings a change again that was cut off before it was merged", () => {
    const first = sync();
    git(scratch, "branch", "-q", "-f", "source", "source~1");
    expect(sync()).toMatchObject({ changed: true, diff: first.diff });
  });

  it("takes a folder that is no Git repository as it is", () => {
    rmSync(join(checkout, ".git"), { recursive: true });
    expect(sync()).toMatchObject({ changed: true, author: "the demo" });
  });
});
