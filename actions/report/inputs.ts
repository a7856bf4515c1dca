import { type PinnedImage, parseBuiltImages } from "../lib/domain/built-image.ts";
import type { RecordsAddress } from "../lib/domain/delivery-record.ts";
import { UserError } from "../lib/domain/user-error.ts";
import { environmentInput, recordsInput, recordsInputNames } from "../lib/host/delivery-inputs.ts";
import {
  jsonInput,
  listInput,
  optionalInput,
  type ReadInput,
  requiredInput,
} from "../lib/host/read-inputs.ts";

/** What this action is asked to do; where there is no bucket, the record is only kept. */
export interface Inputs extends RecordsAddress {
  environment: string;
  /** The delivery's commit, or `undefined` when nothing was delivered: then only what waits is published. */
  commit: string | undefined;
  sourceCommit: string | undefined;
  /** What was built; empty for what the delivery's commit says it moved. */
  images: readonly PinnedImage[];
  /** Files that lie beside the record, by path. */
  files: readonly string[];
  /** Folder where a record is kept that could not be published. */
  spool: string;
  githubToken: string | undefined;
}

export const inputNames = [
  "environment",
  "commit",
  "source-commit",
  "images",
  "files",
  ...recordsInputNames,
  "spool",
  "github-token",
] as const;

/**
 * @param read gives the text of an input
 * @returns the inputs, checked
 * @throws UserError when one is not what it should be
 */
export function loadInputs(read: ReadInput<(typeof inputNames)[number]>): Inputs {
  return {
    environment: environmentInput(read, "environment"),
    commit: commitInput(read, "commit"),
    sourceCommit: commitInput(read, "source-commit"),
    images: parseBuiltImages(jsonInput(read, "images")),
    files: listInput(read, "files"),
    ...recordsInput(read),
    spool: requiredInput(read, "spool"),
    githubToken: optionalInput(read, "github-token"),
  };
}

function commitInput<Name extends string>(read: ReadInput<Name>, name: Name): string | undefined {
  const text = optionalInput(read, name);
  if (text === undefined || /^[0-9a-f]{40}$/.test(text)) return text;
  throw new UserError(`Input \`${name}\` is ${JSON.stringify(text)}; expected a commit in 40 hex digits.`);
}
