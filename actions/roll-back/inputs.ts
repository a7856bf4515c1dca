import type { RecordsAddress } from "../lib/domain/delivery-record.ts";
import type { Way } from "../lib/domain/delivery-settings.ts";
import { UserError } from "../lib/domain/user-error.ts";
import { environmentInput, recordsInput, recordsInputNames, wayInput } from "../lib/host/delivery-inputs.ts";
import {
  booleanInput,
  listInput,
  optionalInput,
  type ReadInput,
  requiredInput,
} from "../lib/host/read-inputs.ts";

/** What this action is asked to do. */
export interface Inputs {
  environment: string;
  /** The commit or the time whose images come back, or `undefined` for those before the last bump. */
  to: string | undefined;
  /** Images whose holds end, instead of a roll-back; `all` for every one. */
  lift: readonly string[];
  pushBranch: string | undefined;
  way?: Way | undefined;
  githubToken?: string | undefined;
  /** Where records of deliveries are. */
  records?: RecordsAddress;
  dryRun: boolean;
  committer: { name: string; email: string };
}

export const inputNames = [
  "environment",
  "to",
  "lift",
  "push-branch",
  "way",
  "github-token",
  ...recordsInputNames,
  "dry-run",
  "committer-name",
  "committer-email",
] as const;

/**
 * @param read gives the text of an input
 * @returns the inputs, checked
 * @throws UserError when one is not what it should be
 */
export function loadInputs(read: ReadInput<(typeof inputNames)[number]>): Inputs {
  const to = optionalInput(read, "to");
  const lift = listInput(read, "lift");
  if (to !== undefined && lift.length > 0) {
    throw new UserError("Inputs `to` and `lift` are both given; roll back or lift a hold, one at a time.");
  }
  return {
    environment: environmentInput(read, "environment"),
    to,
    lift,
    pushBranch: optionalInput(read, "push-branch"),
    way: wayInput(read, "way"),
    githubToken: optionalInput(read, "github-token"),
    records: recordsInput(read),
    dryRun: booleanInput(read, "dry-run"),
    committer: { name: requiredInput(read, "committer-name"), email: requiredInput(read, "committer-email") },
  };
}
