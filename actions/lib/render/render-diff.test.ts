import { execFileSync } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { renderDiff } from "./render-diff.ts";

test("shows three lines around each change, as diff -u does", () => {
  const before = Array.from({ length: 20 }, (_, at) => `line ${at + 1}\n`).join("");
  const after = before.replace("line 5\n", "line five\nand more\n").replace("line 18\n", "");
  expect(renderDiff("a.txt", before, after)).toBe(`--- a/a.txt
+++ b/a.txt
@@ -2,7 +2,8 @@
 line 2
 line 3
 line 4
-line 5
+line five
+and more
 line 6
 line 7
 line 8
@@ -15,6 +16,5 @@
 line 15
 line 16
 line 17
-line 18
 line 19
 line 20
`);
});

test.each([
  ["equal texts", "a\n", "a\n", ""],
  ["a new file", "", "a\n", "--- /dev/null\n+++ b/x\n@@ -0,0 +1 @@\n+a\n"],
  ["a deleted file", "a\nb\n", "", "--- a/x\n+++ /dev/null\n@@ -1,2 +0,0 @@\n-a\n-b\n"],
  ["a missing line end", "a", "a\n", "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+a\n"],
])("%s", (_, before, after, diff) => {
  expect(renderDiff("x", before, after)).toBe(diff);
});

test("Git applies it and gets the new text, with no more changed lines than Git's own diff", async () => {
  const folder = await temporaryFolder();
  const git = (args: string[], input?: string): string =>
    execFileSync("git", args, {
      cwd: folder,
      input: input ?? "",
      stdio: ["pipe", "pipe", "ignore"],
    }).toString();
  git(["init", "--quiet"]);
  await mkdir(join(folder, "new"));
  const text = fc
    .array(fc.constantFrom("a\n", "b\n", "c\n", "d\n"), { minLength: 1, maxLength: 30 })
    .map((lines) => lines.join(""));
  const open = fc.tuple(text, fc.boolean()).map(([lines, cut]) => (cut ? lines.slice(0, -1) : lines));
  await fc.assert(
    fc.asyncProperty(open, open, async (before, after) => {
      fc.pre(before !== "" && after !== "" && before !== after);
      await writeFile(join(folder, "x"), before);
      const diff = renderDiff("x", before, after);
      git(["apply", "--unidiff-zero", "-"], diff);
      expect(execFileSync("cat", ["x"], { cwd: folder }).toString()).toBe(after);
      await writeFile(join(folder, "x"), before);
      await writeFile(join(folder, "new/x"), after);
      expect(changes(diff)).toBeLessThanOrEqual(changes(diffByGit(folder)));
    }),
    { numRuns: 40 },
  );
});

function diffByGit(folder: string): string {
  try {
    return execFileSync("git", ["diff", "--no-index", "--minimal", "x", "new/x"], { cwd: folder }).toString();
  } catch (error) {
    // It exits with 1 when the files differ.
    if (error instanceof Error && "stdout" in error) return String(error.stdout);
    throw error;
  }
}

function changes(diff: string): number {
  return diff.split("\n").filter((line) => /^[-+](?![-+]{2} )/.test(line)).length;
}
