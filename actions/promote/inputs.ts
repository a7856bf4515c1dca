import type { RecordsAddress } from "../lib/domain/delivery-record.ts";
import type { Way } from "../lib/domain/delivery-settings.ts";
import { UserError } from "../lib/domain/user-error.ts";
import {
  environmentInput,
  momentInput,
  recordsInput,
  recordsInputNames,
  wayInput,
} from "../lib/host/delivery-inputs.ts";
import {
  booleanInput,
  listInput,
  optionalInput,
  type ReadInput,
  requiredInput,
} from "../lib/host/read-inputs.ts";

/** What this action is asked to do. */
export interface Inputs {
  from: string;
  to: string;
  /** The time whose images of `from` are taken, in milliseconds since 1970; `undefined` for now. */
  at?: number | undefined;
  /** Which images; empty for all that both environments name. */
  images: readonly string[];
  pushBranch: string | undefined;
  way?: Way | undefined;
  githubToken?: string | undefined;
  /** Whether it goes ahead though nothing tells that `from` is healthy. */
  unproved: boolean;
  /** Where records of deliveries are. */
  records?: RecordsAddress;
  dryRun: boolean;
  committer: { name: string; email: string };
}

export const inputNames = [
  "from",
  "to",
  "at",
  "images",
  "push-branch",
  "way",
  "github-token",
  "unproved",
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
  const from = environmentInput(read, "from");
  const to = environmentInput(read, "to");
  if (from === to) throw new UserError(`Inputs \`from\` and \`to\` are both ${from}; name two environments.`);
  return {
    from,
    to,
    at: momentInput(read, "at"),
    images: listInput(read, "images"),
    pushBranch: optionalInput(read, "push-branch"),
    way: wayInput(read, "way"),
    githubToken: optionalInput(read, "github-token"),
    unproved: booleanInput(read, "unproved"),
    records: recordsInput(read),
    dryRun: booleanInput(read, "dry-run"),
    committer: { name: requiredInput(read, "committer-name"), email: requiredInput(read, "committer-email") },
  };
}
