import { expect, test } from "vitest";
import type { Finding } from "../domain/finding.ts";
import { renderJson } from "./render-validation-json.ts";

test("one document with the verdict, the counts and every field of every finding", () => {
  const finding: Finding = { rule: "a/b", severity: "warning", file: "f", line: 1, column: 2, message: "m" };
  expect(JSON.parse(renderJson([finding], { ok: true, objects: 3 }))).toEqual({
    version: 1,
    ok: true,
    objects: 3,
    counts: { error: 0, warning: 1, notice: 0 },
    findings: [finding],
  });
});
