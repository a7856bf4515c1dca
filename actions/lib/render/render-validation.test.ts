import { expect, test } from "vitest";
import type { Finding } from "../domain/finding.ts";
import { renderValidation, type Validation } from "./render-validation.ts";

const finding: Finding = {
  rule: "pipeline/unknown-key",
  severity: "error",
  file: "pipelines/a|b/pipeline.yaml",
  line: 27,
  column: 7,
  message: "unknown key `partitonBy`",
  expected: "one of <these>",
  fix: "did you mean `partitionBy`?",
};
const validation: Validation = {
  findings: [],
  pipelines: ["breweries"],
  environments: [{ environment: "local", objects: 16 }],
  fixed: [],
  generatedChecked: true,
};

test("nothing wrong: the verdict, and what was checked", () => {
  expect(renderValidation(validation)).toBe(
    "### Validation\n\n**Valid.**\n\n1 pipeline checked: breweries.  \n`overlays/local`: 16 objects rendered and checked.\n",
  );
});

test("the verdict comes first, then each finding on a line that no text of it can break", () => {
  const notice: Finding = { ...finding, severity: "notice" };
  const text = renderValidation({
    ...validation,
    findings: [finding, { ...notice, message: "two\nlines | here" }],
  });
  expect(text.split("\n").slice(2, 7)).toEqual([
    "**Not valid**: 1 error, 1 notice in 1 file.",
    "",
    "| | where | what | rule |",
    "| --- | --- | --- | --- |",
    "| error | `pipelines/a\\|b/pipeline.yaml:27:7` | unknown key `partitonBy`; expected one of &lt;these>; did you mean `partitionBy`? | pipeline/unknown-key |",
  ]);
  expect(text).toContain("| notice | `pipelines/a\\|b/pipeline.yaml:27:7` | two lines \\| here;");
});

test("notices alone leave it valid", () => {
  expect(renderValidation({ ...validation, findings: [{ ...finding, severity: "notice" }] })).toContain(
    "**Valid**: 1 notice in 1 file.",
  );
});

test("of many findings the first fifty are shown", () => {
  const text = renderValidation({ ...validation, findings: Array(120).fill(finding) });
  expect(text.match(/^\| error/gm)).toHaveLength(50);
  expect(text).toContain("and 70 more.");
});
