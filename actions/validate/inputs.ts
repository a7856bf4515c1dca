import { booleanInput, optionalInput, type ReadInput } from "../lib/host/read-inputs.ts";

/** What this action is asked to do. */
export interface Inputs {
  /** Whether generated files that are stale are written before anything is rendered. */
  fix: boolean;
  /** The commit that the change is compared with: findings on its lines are told first. */
  base?: string | undefined;
  /** Folder that the whole list is written to, as SARIF and as JSON. */
  report?: string | undefined;
  /** Whether programs check too what they read: actionlint and zizmor the workflows, Airflow the pipelines. */
  programs?: boolean;
}

export const inputNames = ["fix", "base", "report", "programs"] as const;

/**
 * @param read gives the text of an input
 * @returns the inputs, checked
 * @throws UserError when one is not what it should be
 */
export function loadInputs(read: ReadInput<(typeof inputNames)[number]>): Inputs {
  return {
    fix: booleanInput(read, "fix"),
    base: optionalInput(read, "base"),
    report: optionalInput(read, "report"),
    programs: booleanInput(read, "programs"),
  };
}
