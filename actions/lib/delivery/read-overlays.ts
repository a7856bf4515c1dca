import { checkSize } from "../domain/decode-text.ts";
import { type DeliverySettings, deliverySettings } from "../domain/delivery-settings.ts";
import { didYouMean } from "../domain/did-you-mean.ts";
import { type Hold, holdsPath, parseHolds } from "../domain/holds.ts";
import { UserError } from "../domain/user-error.ts";
import type { Workspace } from "../ports/workspace.ts";

const KUSTOMIZATION = /\/(?:kustomization\.ya?ml|Kustomization)$/;

/** What an environment says before it is changed. */
export interface Overlays {
  /** Text of every kustomization, by path. */
  kustomizations: ReadonlyMap<string, string>;
  /** The file of its holds, `null` when there is none. */
  holdsText: string | null;
  holds: readonly Hold[];
}

/**
 * Reads the overlays of an environment.
 *
 * @param environment its name
 * @param workspace the repository's files
 * @param input the input that names it, for messages
 * @throws UserError when there is no such environment, or a file cannot be read as text
 */
export async function readOverlays(
  environment: string,
  workspace: Workspace,
  input = "environment",
): Promise<Overlays> {
  const tree = await workspace.list("overlays");
  const paths = tree.map(({ path }) => path).filter((path) => KUSTOMIZATION.test(path));
  const own = new Set(paths.filter((path) => path.startsWith(`overlays/${environment}/`)));
  if (own.size === 0) {
    const known = [...new Set(paths.map((path) => path.split("/")[1] ?? ""))];
    const hint = didYouMean(environment, known) ?? `there is ${known.join(", ") || "none at all"}`;
    throw new UserError(
      `Input \`${input}\` is \`${environment}\`, but overlays/${environment} has no kustomization; ${hint}`,
    );
  }
  const findings = tree.flatMap(({ path, bytes }) => (own.has(path) ? (checkSize(path, bytes) ?? []) : []));
  if (findings.length > 0) throw new UserError(findings);
  const texts = await Promise.all(
    [...own].map(async (path) => [path, await readText(path, workspace)] as const),
  );
  const holdsFile = holdsPath(environment);
  const holdsText = tree.some(({ path }) => path === holdsFile) ? await readText(holdsFile, workspace) : null;
  return { kustomizations: new Map(texts), holdsText, holds: parseHolds(holdsFile, holdsText ?? undefined) };
}

/**
 * @param environment its name
 * @param workspace the repository's files
 * @returns how it wants to be delivered to
 */
export async function readDeliverySettings(
  environment: string,
  workspace: Workspace,
): Promise<DeliverySettings> {
  const path = `overlays/${environment}/cicd/environment.yaml`;
  const text = (await workspace.exists(path)) ? await readText(path, workspace) : undefined;
  return deliverySettings(environment, text);
}

/**
 * @param files text by path
 * @returns only the kustomizations
 */
export function onlyKustomizations(files: ReadonlyMap<string, string>): Map<string, string> {
  return new Map([...files].filter(([path]) => KUSTOMIZATION.test(path)));
}

async function readText(path: string, workspace: Workspace): Promise<string> {
  const bytes = await workspace.read(path);
  try {
    // The mark at the start stays, so that it is written back.
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new UserError(`${path} is not UTF-8 text; save it as UTF-8`, { cause });
  }
}
