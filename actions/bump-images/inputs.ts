import { type PinnedImage, parseBuiltImages } from "../lib/domain/built-image.ts";
import { UserError } from "../lib/domain/user-error.ts";
import {
  booleanInput,
  jsonInput,
  optionalInput,
  type ReadInput,
  requiredInput,
} from "../lib/host/read-inputs.ts";

/** What this action is asked to do. */
export interface Inputs {
  environment: string;
  images: readonly PinnedImage[];
  commit: boolean;
  /** The commit that the images were built from, or `undefined` when it is the one that is checked out. */
  sourceCommit: string | undefined;
  /** Where the commit goes, or `undefined` to keep it here. */
  pushBranch: string | undefined;
  dryRun: boolean;
  committer: { name: string; email: string };
}

export const inputNames = [
  "environment",
  "images",
  "source-commit",
  "commit",
  "push-branch",
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
  const environment = requiredInput(read, "environment");
  if (!/^[a-z0-9]+(?:[-.][a-z0-9]+)*$/.test(environment)) {
    throw new UserError(
      `Input \`environment\` is ${JSON.stringify(environment)}; expected the name of a folder in overlays/, for instance \`local\`.`,
    );
  }
  const sourceCommit = optionalInput(read, "source-commit");
  if (sourceCommit !== undefined && !/^[0-9a-f]{40}$/.test(sourceCommit)) {
    throw new UserError(
      `Input \`source-commit\` is ${JSON.stringify(sourceCommit)}; expected a commit in 40 hex digits, for instance \`github.sha\`.`,
    );
  }
  const commit = booleanInput(read, "commit");
  const pushBranch = optionalInput(read, "push-branch");
  if (pushBranch !== undefined && !commit) {
    throw new UserError(
      "Input `push-branch` is given, but `commit` is `false`: there would be nothing to push.",
    );
  }
  return {
    environment,
    images: parseBuiltImages(jsonInput(read, "images")),
    sourceCommit,
    commit,
    pushBranch,
    dryRun: booleanInput(read, "dry-run"),
    committer: { name: requiredInput(read, "committer-name"), email: requiredInput(read, "committer-email") },
  };
}
