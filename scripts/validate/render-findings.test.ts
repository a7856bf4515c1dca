import { expect, test } from "vitest";
import type { Finding } from "../../actions/lib/domain/finding.ts";
import { renderFindings } from "./render-findings.ts";

const finding: Finding = {
  rule: "a/b",
  severity: "error",
  file: "f.yaml",
  line: 2,
  column: 3,
  message: "wrong",
  expected: "right",
  fix: "mend it",
};

test("each finding stands on a line that editors can follow, with its source and a caret below", () => {
  expect(renderFindings([finding], () => "a b c", false)).toBe(
    "f.yaml:2:3: error: wrong; expected right; mend it [a/b]\n  a b c\n    ^\n",
  );
});

test("findings of one file stand together below its name, and files apart", () => {
  const other = { ...finding, file: "g.yaml" };
  expect(renderFindings([finding, finding, other], () => undefined, false)).toBe(
    "f.yaml (2)\nf.yaml:2:3: error: wrong; expected right; mend it [a/b]\nf.yaml:2:3: error: wrong; expected right; mend it [a/b]\n\ng.yaml:2:3: error: wrong; expected right; mend it [a/b]\n",
  );
});

test("without a source line it stands alone", () => {
  expect(renderFindings([finding], () => undefined, false).split("\n")).toHaveLength(2);
});

test("the place and the severity are coloured where that is wanted", () => {
  const text = renderFindings([finding], () => "a b c", true);
  expect(text).toContain("\u001b[1mf.yaml:2:3\u001b[0m: \u001b[31merror\u001b[0m: wrong");
});

test("a line longer than a screen is cut around the place", () => {
  const source = `${"x".repeat(500)}HERE${"y".repeat(500)}`;
  const [, line = "", caret = ""] = renderFindings([{ ...finding, column: 501 }], () => source, false).split(
    "\n",
  );
  expect(line.length).toBeLessThan(120);
  expect(line.slice(caret.indexOf("^")).startsWith("HERE")).toBe(true);
});

test("what a terminal would obey is not printed", () => {
  const text = renderFindings([finding], () => "\ta\u001b[2Jb\u202e", false);
  expect(text.split("\n")[1]).toBe("  →a�[2Jb�");
});

test("hundreds of notices of one rule hide no error", () => {
  const notices = Array.from({ length: 300 }, (_, index): Finding => {
    return { ...finding, severity: "notice", file: `n${index}.yaml` };
  });
  const text = renderFindings([...notices, finding], () => undefined, false);
  expect(text.match(/: notice: /g)).toHaveLength(10);
  expect(text).toContain("f.yaml:2:3: error: wrong");
  expect(text.endsWith("and 290 more notices of a/b: `--format json` has them all\n")).toBe(true);
});
