import type { Finding, Severity } from "../domain/finding.ts";

/** What is told of a validation besides its findings. */
export interface ValidationOutcome {
  ok: boolean;
  /** Rendered objects that were checked, over all environments. */
  objects: number;
}

/**
 * Renders a validation for programs; docs/validate.md describes each field.
 *
 * @param findings in the order in which they are told
 * @param outcome what it came to
 * @returns one JSON document that ends with a line end
 */
export function renderJson(findings: readonly Finding[], { ok, objects }: ValidationOutcome): string {
  const count = (severity: Severity): number =>
    findings.filter((finding) => finding.severity === severity).length;
  const counts = { error: count("error"), warning: count("warning"), notice: count("notice") };
  return `${JSON.stringify({ version: 1, ok, objects, counts, findings }, undefined, 2)}\n`;
}
