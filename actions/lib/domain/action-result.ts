import type { Finding } from "./finding.ts";

/** What an action's `run` returns; one shell writes it to GitHub, another to a terminal. */
export interface ActionResult {
  /** False fails the step. */
  ok: boolean;
  /** Values by kebab-case name, as declared in `action.yml`. */
  outputs: Record<string, string>;
  /** Markdown for the job summary. */
  summary: string;
  annotations: readonly Finding[];
}
