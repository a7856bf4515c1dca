import { createHash } from "node:crypto";
import type { Finding, Severity } from "../domain/finding.ts";
import { RULES } from "../domain/rules.ts";

const LEVELS: Readonly<Record<Severity, string>> = { error: "error", warning: "warning", notice: "note" };

/**
 * Renders findings as SARIF 2.1.0, which GitHub's code scanning and editors read.
 *
 * @param findings in the order in which they are told
 * @returns JSON that ends with a line end
 */
export function renderSarif(findings: readonly Finding[]): string {
  const index = new Map(RULES.map(({ id }, at) => [id, at]));
  const log = {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: { driver: { name: "wavehouse-validate", rules: RULES.map(sarifRule) } },
        columnKind: "utf16CodeUnits",
        invocations: [{ executionSuccessful: true }],
        results: findings.map((finding) => sarifResult(finding, index.get(finding.rule))),
      },
    ],
  };
  return `${JSON.stringify(log, undefined, 2)}\n`;
}

function sarifRule({ id, severity, reason, fix }: (typeof RULES)[number]): object {
  return {
    id,
    shortDescription: { text: reason },
    help: { text: fix },
    defaultConfiguration: { level: LEVELS[severity] },
  };
}

function sarifResult(finding: Finding, ruleIndex: number | undefined): object {
  const { rule, severity, file, line, column, message, expected, fix, rendered } = finding;
  const text = [message, expected && `expected ${expected}`, fix].filter(Boolean).join("; ");
  return {
    ruleId: rule,
    ...(ruleIndex === undefined ? {} : { ruleIndex }),
    level: LEVELS[severity],
    message: { text },
    locations: [
      {
        physicalLocation: {
          artifactLocation: {
            uri: file.split("/").map(encodeURIComponent).join("/"),
            uriBaseId: "%SRCROOT%",
          },
          region: { startLine: line, startColumn: column },
        },
        ...(rendered === undefined
          ? {}
          : {
              logicalLocations: [
                { fullyQualifiedName: `${rendered.object}${rendered.pointer}`, kind: "object" },
              ],
            }),
      },
    ],
    // Of what stays when lines move, so that code scanning knows a finding again.
    partialFingerprints: { "wavehouse/v1": fingerprint(finding) },
  };
}

function fingerprint({ rule, file, message }: Finding): string {
  const text = [rule, file, message.replaceAll(/\d+/g, "0")].join("\n");
  return createHash("sha256").update(text).digest("hex").slice(0, 32);
}
