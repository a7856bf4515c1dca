import standard from "@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json" with { type: "json" };
import { Ajv } from "ajv";
import { expect, test } from "vitest";
import type { Finding } from "../domain/finding.ts";
import { RULES } from "../domain/rules.ts";
import { renderSarif } from "./render-validation-sarif.ts";

const finding: Finding = {
  rule: "policy/host-path",
  severity: "error",
  file: "manifests/a b/ü#.yaml",
  line: 7,
  column: 3,
  message: "DaemonSet web/logs mounts the node's /var",
  expected: "an emptyDir",
  fix: "use one",
  rendered: { object: "DaemonSet web/logs", pointer: "/spec/template/spec/volumes/0/hostPath" },
};
const others: Finding[] = [
  { ...finding, severity: "warning", rule: "manifest/deprecated-api" },
  { rule: "no/such-rule", severity: "notice", file: "a.yaml", line: 1, column: 1, message: "x" },
];

/** The standard's own schema, of 2.1.0 as it was published. */
function checkSarif(): (log: unknown) => unknown {
  // Its id is written as drafts before 6 did, which ajv refuses.
  const { id: _, $schema: __, ...schema } = standard as Record<string, unknown>;
  const validate = new Ajv({ strict: false, validateFormats: false, unicodeRegExp: false }).compile(schema);
  return (log) => (validate(log) ? [] : validate.errors);
}

test("what is written is SARIF 2.1.0 by its schema, which takes nothing else", () => {
  const check = checkSarif();
  for (const findings of [[], [finding, ...others]]) {
    expect(check(JSON.parse(renderSarif(findings)))).toEqual([]);
  }
  const broken = JSON.parse(renderSarif([finding]));
  broken.runs[0].results[0].level = "notice";
  expect(check(broken)).not.toEqual([]);
});

test("each result has its rule, its level, and its place in the source and in the render", () => {
  const { tool, results } = JSON.parse(renderSarif([finding, ...others])).runs[0];
  expect(tool.driver.rules).toHaveLength(RULES.length);
  expect(tool.driver.rules[results[0].ruleIndex].id).toBe("policy/host-path");
  expect(results.map(({ level }: { level: string }) => level)).toEqual(["error", "warning", "note"]);
  expect(results[2].ruleIndex).toBeUndefined();
  expect(results[0].locations).toEqual([
    {
      physicalLocation: {
        artifactLocation: { uri: "manifests/a%20b/%C3%BC%23.yaml", uriBaseId: "%SRCROOT%" },
        region: { startLine: 7, startColumn: 3 },
      },
      logicalLocations: [
        { fullyQualifiedName: "DaemonSet web/logs/spec/template/spec/volumes/0/hostPath", kind: "object" },
      ],
    },
  ]);
});

test("a finding is known again when lines and counts move, and not when it is another", () => {
  const print = (change: Partial<Finding>): string =>
    JSON.parse(renderSarif([{ ...finding, ...change }])).runs[0].results[0].partialFingerprints[
      "wavehouse/v1"
    ];
  expect(print({ line: 9, column: 1 })).toBe(print({}));
  expect(print({ message: "x, with 3 more" })).toBe(print({ message: "x, with 12 more" }));
  expect(print({ file: "b.yaml" })).not.toBe(print({}));
});
