import { parseYaml } from "./parse-yaml.ts";
import { UserError } from "./user-error.ts";

/** An image that a roll-back keeps where it is. */
export interface Hold {
  image: string;
  /** The source of what was bad: only what is built from a newer commit may move it. */
  newerThan: string;
}

/**
 * @param environment its name
 * @returns the path of the file that keeps its holds
 */
export function holdsPath(environment: string): string {
  return `overlays/${environment}/cicd/holds.yaml`;
}

/**
 * @param path of the file
 * @param text its content; `undefined` when there is no file
 * @returns the holds in it
 * @throws UserError when it is not what `formatHolds` writes: a hold that cannot be read must not be ignored
 */
export function parseHolds(path: string, text: string | undefined): Hold[] {
  if (text === undefined) return [];
  const { document, findings } = parseYaml(text, path);
  if (document === undefined) throw new UserError(findings);
  const holds = (document.value as { holds?: unknown } | null)?.holds;
  if (!Array.isArray(holds)) throw broken(path);
  return holds.map((entry: unknown) => {
    const { image, newerThan } = (entry ?? {}) as Record<string, unknown>;
    if (typeof image !== "string" || typeof newerThan !== "string" || !/^[0-9a-f]{40}$/.test(newerThan)) {
      throw broken(path);
    }
    return { image, newerThan };
  });
}

function broken(path: string): UserError {
  return new UserError(
    `${path}:1:1: error: expected \`holds:\`, a list of {image, newerThan: a commit in 40 hex digits}; mend it, or remove the file to lift all holds`,
  );
}

/**
 * @param holds what is held
 * @returns the file's text, or `null` when it has to go
 */
export function formatHolds(holds: readonly Hold[]): string | null {
  if (holds.length === 0) return null;
  const lines = [...holds]
    .sort((a, b) => (a.image < b.image ? -1 : 1))
    .map(({ image, newerThan }) => `  - image: ${image}\n    newerThan: "${newerThan}"\n`);
  return `# Images that were rolled back. bump-images leaves each alone until it is built from a commit newer than
# \`newerThan\`. \`npm run roll-back -- ENVIRONMENT --lift IMAGE\` lifts a hold; so does removing its entry here.
holds:
${lines.join("")}`;
}
