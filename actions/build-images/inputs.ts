import { parseImageReference, parseRegistry } from "../lib/domain/image-reference.ts";
import { UserError } from "../lib/domain/user-error.ts";
import {
  booleanInput,
  listInput,
  optionalInput,
  type ReadInput,
  requiredInput,
} from "../lib/host/read-inputs.ts";

/** What this action is asked to do. */
export interface Inputs {
  /** Host, port and path, without a slash at the end. */
  registry: string;
  /** A reference, or `undefined` for an empty base. */
  baseImage: string | undefined;
  /** Names of pipelines; empty for all. */
  pipelines: readonly string[];
  dryRun: boolean;
}

export const inputNames = ["registry", "base-image", "pipelines", "dry-run"] as const;

/**
 * @param read gives the text of an input
 * @returns the inputs, checked
 * @throws UserError when one is not what it should be
 */
export function loadInputs(read: ReadInput<(typeof inputNames)[number]>): Inputs {
  const baseImage = optionalInput(read, "base-image");
  if (baseImage !== undefined && parseImageReference(baseImage) === undefined) {
    throw new UserError(
      `Input \`base-image\` is ${JSON.stringify(baseImage)}; expected an image's reference, ` +
        "for instance `ghcr.io/acme/spark-base:4.1.3`.",
    );
  }
  return {
    registry: parseRegistry(requiredInput(read, "registry")),
    baseImage,
    pipelines: listInput(read, "pipelines"),
    dryRun: booleanInput(read, "dry-run"),
  };
}
