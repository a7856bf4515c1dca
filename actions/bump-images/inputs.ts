import { type PinnedImage, parseBuiltImages } from "../lib/domain/built-image.ts";
import type { Way } from "../lib/domain/delivery-settings.ts";
import { UserError } from "../lib/domain/user-error.ts";
import { environmentInput, wayInput } from "../lib/host/delivery-inputs.ts";
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
  /** How it gets there; `undefined` leaves it to the environment. */
  way?: Way | undefined;
  /** For commits by GitHub; `undefined` pushes with Git. */
  githubToken?: string | undefined;
  dryRun: boolean;
  committer: { name: string; email: string };
}

export const inputNames = [
  "environment",
  "images",
  "source-commit",
  "commit",
  "push-branch",
  "way",
  "github-token",
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
  const environment = environmentInput(read, "environment");
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
    way: wayInput(read, "way"),
    githubToken: optionalInput(read, "github-token"),
    dryRun: booleanInput(read, "dry-run"),
    committer: { name: requiredInput(read, "committer-name"), email: requiredInput(read, "committer-email") },
  };
}
