import type { Finding, Severity } from "../domain/finding.ts";

/** What a validation came to. */
export interface Validation {
  /** In the order in which they are told. */
  findings: readonly Finding[];
  /** Names of the pipelines that could be read. */
  pipelines: readonly string[];
  environments: readonly { environment: string; objects: number | undefined }[];
  /** Files that were written. */
  fixed: readonly string[];
  /** Whether the generated files could be compared with their pipelines. */
  generatedChecked: boolean;
}

/** More is read by nobody; the annotations and the log have them all. */
const SHOWN = 50;

/**
 * Renders a validation for a job's summary: the verdict first, then each finding, then what was checked.
 *
 * @param validation what was found
 * @returns Markdown
 */
export function renderValidation(validation: Validation): string {
  const { findings, fixed } = validation;
  const parts = [`### Validation\n\n${verdict(findings)}`];
  if (findings.length > 0) parts.push(findingsTable(findings));
  if (fixed.length > 0) parts.push(`Written: ${fixed.map(code).join(", ")}.`);
  parts.push(checked(validation));
  return `${parts.join("\n\n")}\n`;
}

function verdict(findings: readonly Finding[]): string {
  const counts = (["error", "warning", "notice"] as const satisfies Severity[])
    .map(
      (severity) => [severity, findings.filter((finding) => finding.severity === severity).length] as const,
    )
    .filter(([, count]) => count > 0)
    .map(([severity, count]) => many(count, severity));
  const valid = !findings.some(({ severity }) => severity === "error");
  const files = new Set(findings.map(({ file }) => file)).size;
  if (findings.length === 0) return "**Valid.**";
  return `**${valid ? "Valid" : "Not valid"}**: ${counts.join(", ")} in ${many(files, "file")}.`;
}

function findingsTable(findings: readonly Finding[]): string {
  const rows = findings.slice(0, SHOWN).map((finding) => {
    const { file, line, column, severity, message, expected, fix, rule } = finding;
    const what = [message, expected && `expected ${expected}`, fix].filter(Boolean).join("; ");
    return `| ${severity} | ${code(`${file}:${line}:${column}`)} | ${cell(what)} | ${rule} |`;
  });
  const more = findings.length - SHOWN;
  const rest = more > 0 ? `\n\nand ${more} more.` : "";
  return `| | where | what | rule |\n| --- | --- | --- | --- |\n${rows.join("\n")}${rest}`;
}

function checked({ pipelines, environments, generatedChecked }: Validation): string {
  const lines = [
    `${many(pipelines.length, "pipeline")} checked${pipelines.length === 0 ? "" : `: ${pipelines.join(", ")}`}.`,
    ...environments.map(({ environment, objects }) => {
      const what = objects === undefined ? "not checked" : `${many(objects, "object")} rendered and checked`;
      return `\`overlays/${environment}\`: ${what}.`;
    }),
  ];
  if (!generatedChecked) lines.push("Generated files were not compared: not every pipeline could be read.");
  return lines.join("  \n");
}

function many(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}

function code(text: string): string {
  return `\`${text.replaceAll("`", "'").replaceAll("|", "\\|")}\``;
}

function cell(text: string): string {
  return text.replaceAll(/\s+/g, " ").replaceAll("|", "\\|").replaceAll("<", "&lt;");
}
