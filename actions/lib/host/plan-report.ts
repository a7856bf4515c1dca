import type { ActionResult } from "../domain/action-result.ts";
import { type Finding, formatFinding, type Severity } from "../domain/finding.ts";
import { UserError } from "../domain/user-error.ts";
import { summaryLimit, truncateMarkdown } from "./truncate-markdown.ts";

/** GitHub keeps the first ten annotations of each kind that a step prints, and only logs the rest. */
const annotationsOfAKind = 10;

/** What is told about a run, with GitHub's limits already applied. */
export interface Report {
  ok: boolean;
  outputs: Readonly<Record<string, string>>;
  /** Markdown, within the summary's limit. */
  summary: string;
  /** Errors first; at most ten of each severity. */
  annotations: readonly Finding[];
  /** What no annotation was left for. */
  unannotated: readonly Finding[];
  /** Why the run failed, where no finding says it. */
  failure: string | undefined;
  /** The stack of a bug; a user's mistake has none. */
  stack: string | undefined;
}

/**
 * Decides what is told about a run that came to its end.
 *
 * @param result what the action's `run` returned
 * @returns the report; it fails when the result says so or holds an error
 */
export function planReport(result: ActionResult): Report {
  const { annotations, unannotated } = shareOut(result.annotations);
  const ok = result.ok && !result.annotations.some((finding) => finding.severity === "error");
  const silent = !ok && !result.annotations.some((finding) => finding.severity === "error");
  return {
    ok,
    outputs: result.outputs,
    summary: withinLimit(result.summary, unannotated),
    annotations,
    unannotated,
    failure: silent ? "The action failed; its summary says why." : undefined,
    stack: undefined,
  };
}

/**
 * Decides what is told about a run that threw.
 *
 * @param thrown whatever was thrown, an `Error` or not
 * @returns a failing report: findings and no stack for a `UserError`, the stack for anything else
 */
export function planFailure(thrown: unknown): Report {
  const user = thrown instanceof UserError;
  const { annotations, unannotated } = shareOut(user ? thrown.findings : []);
  const told = user && thrown.findings.length > 0;
  const message = describe(thrown);
  const summary = told
    ? `### Failed\n\n${bullets(thrown.findings.slice(0, annotationsOfAKind))}\n`
    : `### Failed\n\n${inCode(message)}\n`;
  return {
    ok: false,
    outputs: {},
    summary: withinLimit(summary, unannotated),
    annotations,
    unannotated,
    failure: told ? undefined : message,
    stack: user || !(thrown instanceof Error) ? undefined : stackOf(thrown),
  };
}

function shareOut(findings: readonly Finding[]): { annotations: Finding[]; unannotated: Finding[] } {
  const order: readonly Severity[] = ["error", "warning", "notice"];
  const bySeverity = order.map((severity) => findings.filter((finding) => finding.severity === severity));
  return {
    annotations: bySeverity.flatMap((group) => group.slice(0, annotationsOfAKind)),
    unannotated: bySeverity.flatMap((group) => group.slice(annotationsOfAKind)),
  };
}

function withinLimit(summary: string, unannotated: readonly Finding[]): string {
  if (unannotated.length === 0) return truncateMarkdown(summary, summaryLimit);
  // The findings that have no annotation are nowhere else on the page, so they come before the action's own words.
  const rest = `<details><summary>and ${unannotated.length} more without an annotation</summary>\n\n${bullets(unannotated)}\n\n</details>\n\n`;
  const most = truncateMarkdown(rest, summaryLimit / 2);
  return `${most}${truncateMarkdown(summary, summaryLimit - Buffer.byteLength(most))}`;
}

function bullets(findings: readonly Finding[]): string {
  return findings.map((finding) => `- ${inCode(formatFinding(finding))}`).join("\n");
}

/** Text that may hold anything at all, as Markdown code: with a fence longer than any run of backticks in it. */
function inCode(text: string): string {
  const longest = Math.max(0, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  const line = text.replaceAll(/\s*\n\s*/g, " ⏎ ");
  return `${fence} ${line} ${fence}`;
}

function describe(thrown: unknown): string {
  if (thrown instanceof UserError) return thrown.message;
  if (thrown instanceof Error)
    return `Unexpected failure, a bug in this action: ${thrown.name}: ${thrown.message}`;
  return `Unexpected failure, a bug in this action: it threw ${show(thrown)}, which is not an Error`;
}

function show(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return Object.prototype.toString.call(value);
  }
}

/** The stack with the stacks of its causes, which is where a wrapped error has its reason. */
function stackOf(error: Error): string {
  const own = error.stack ?? `${error.name}: ${error.message}`;
  return error.cause instanceof Error ? `${own}\nCaused by: ${stackOf(error.cause)}` : own;
}
