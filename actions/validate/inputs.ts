import { booleanInput, type ReadInput } from "../lib/host/read-inputs.ts";

/** What this action is asked to do. */
export interface Inputs {
  /** Whether generated files that are stale are written before anything is rendered. */
  fix: boolean;
}

export const inputNames = ["fix"] as const;

/**
 * @param read gives the text of an input
 * @returns the inputs, checked
 * @throws UserError when one is not what it should be
 */
export function loadInputs(read: ReadInput<(typeof inputNames)[number]>): Inputs {
  return { fix: booleanInput(read, "fix") };
}
