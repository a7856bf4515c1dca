import { expect, test } from "vitest";
import { changedFirst, parseChanges } from "./changes.ts";
import type { Finding } from "./finding.ts";

const diff = `diff --git a.yaml a.yaml
index 1..2 100644
--- a.yaml
+++ a.yaml
@@ -1 +1,2 @@
-old
+new
+++ not/a/file: content that looks like one
@@ -9,0 +11 @@ context
+more
@@ -20,2 +21,0 @@
-gone
-gone
diff --git b c.yaml b c.yaml
new file mode 100644
--- /dev/null
+++ b c.yaml\t
@@ -0,0 +1,3 @@
+a
+b
+c
\\ No newline at end of file
diff --git gone.yaml gone.yaml
--- gone.yaml
+++ /dev/null
@@ -1 +0,0 @@
-x
`;

test("the new side's lines are read, content that looks like a header left alone", () => {
  expect(Object.fromEntries(parseChanges(diff))).toEqual({
    "a.yaml": [
      [1, 2],
      [11, 11],
    ],
    "b c.yaml": [[1, 3]],
  });
});

test("findings on the change come first, then those in its files, each in their order", () => {
  const at = (file: string, line: number): Finding => {
    return { rule: "a/b", severity: "error", file, line, column: 1, message: "" };
  };
  const findings = [at("0.yaml", 1), at("a.yaml", 1), at("a.yaml", 5), at("a.yaml", 11), at("b c.yaml", 3)];
  const order = changedFirst(findings, parseChanges(diff)).map(({ file, line }) => `${file}:${line}`);
  expect(order).toEqual(["a.yaml:1", "a.yaml:11", "b c.yaml:3", "a.yaml:5", "0.yaml:1"]);
});
