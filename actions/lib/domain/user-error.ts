import { type Finding, formatFinding } from "./finding.ts";

/** A mistake of the user's: it is told without a stack trace. Anything else that is thrown is a bug. */
export class UserError extends Error {
  override readonly name = "UserError";
  readonly findings: readonly Finding[];

  /**
   * @param problem one sentence that says what is wrong and what to do, or the findings that say it
   */
  constructor(problem: string | readonly Finding[], options?: ErrorOptions) {
    super(typeof problem === "string" ? problem : problem.map(formatFinding).join("\n"), options);
    this.findings = typeof problem === "string" ? [] : problem;
  }
}
