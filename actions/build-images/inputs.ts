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
  /** A reference, or `undefined` where no `dags` is built. */
  airflowImage: string | undefined;
  /** Whether bases that are not given are built from this repository's Dockerfiles. */
  bases?: boolean;
  /** What those stand on; Debian's own by default. */
  debianImage?: string | undefined;
  /** Names of pipelines; empty for all. */
  pipelines: readonly string[];
  /** PEM; `undefined` signs with no key. */
  signingKey?: string | undefined;
  /** Whether GitHub says who signs. */
  keyless?: boolean;
  /** Whether what the registry has is built and pushed again, too. */
  rebuild?: boolean;
  dryRun: boolean;
}

export const inputNames = [
  "registry",
  "base-image",
  "airflow-image",
  "bases",
  "debian-image",
  "pipelines",
  "signing-key",
  "keyless",
  "rebuild",
  "dry-run",
] as const;

/**
 * @param read gives the text of an input
 * @returns the inputs, checked
 * @throws UserError when one is not what it should be
 */
export function loadInputs(read: ReadInput<(typeof inputNames)[number]>): Inputs {
  const signingKey = optionalInput(read, "signing-key");
  const keyless = booleanInput(read, "keyless");
  if (keyless && signingKey !== undefined) {
    throw new UserError("Inputs `keyless` and `signing-key` are both given; leave one out.");
  }
  return {
    registry: parseRegistry(requiredInput(read, "registry")),
    baseImage: imageInput(read, "base-image", "ghcr.io/acme/spark-base:4.1.3"),
    airflowImage: imageInput(read, "airflow-image", "ghcr.io/acme/airflow:3.3.2"),
    bases: booleanInput(read, "bases"),
    debianImage: imageInput(read, "debian-image", "docker.io/library/debian:bookworm-slim"),
    pipelines: listInput(read, "pipelines"),
    signingKey,
    keyless,
    rebuild: booleanInput(read, "rebuild"),
    dryRun: booleanInput(read, "dry-run"),
  };
}

function imageInput(
  read: ReadInput<(typeof inputNames)[number]>,
  name: "base-image" | "airflow-image" | "debian-image",
  example: string,
): string | undefined {
  const image = optionalInput(read, name);
  if (image === undefined || parseImageReference(image) !== undefined) return image;
  throw new UserError(
    `Input \`${name}\` is ${JSON.stringify(image)}; expected an image's reference, for instance \`${example}\`.`,
  );
}
