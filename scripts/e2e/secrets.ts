import { CheckFailure } from "./checks.ts";
import type { Kubectl } from "./kubectl.ts";
import type { Secret } from "./objects.ts";

/**
 * Reads a Secret. Its values are for use, never for print.
 *
 * @returns its values, decoded, by key
 * @throws CheckFailure when there is none
 */
export async function readSecret(
  kubectl: Kubectl,
  name: string,
  namespace: string,
): Promise<Record<string, string>> {
  const secret = await kubectl.find<Secret>("secret", name, namespace);
  if (secret === undefined) throw new CheckFailure(`there is no Secret ${name} in ${namespace}`);
  return Object.fromEntries(
    Object.entries(secret.data ?? {}).map(([key, value]) => [
      key,
      Buffer.from(value, "base64").toString("utf8"),
    ]),
  );
}
