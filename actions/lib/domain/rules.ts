import { didYouMean } from "./did-you-mean.ts";
import type { Rule } from "./rule.ts";
import { FILE_RULES } from "./rules-of-files.ts";
import { MANIFEST_RULES } from "./rules-of-manifests.ts";
import { PIPELINE_RULES } from "./rules-of-pipelines.ts";

/** Everything that `validate` checks, ordered by id. */
export const RULES: readonly Rule[] = [...FILE_RULES, ...MANIFEST_RULES, ...PIPELINE_RULES].sort((a, b) =>
  a.id < b.id ? -1 : 1,
);

const BY_ID = new Map(RULES.map((rule) => [rule.id, rule]));

/**
 * @param id of a rule
 * @returns it, or `undefined` where there is none
 */
export function findRule(id: string): Rule | undefined {
  return BY_ID.get(id);
}

/**
 * Says what is wrong with a rule's id that is not known.
 *
 * @param id as written
 * @returns one sentence
 */
export function unknownRule(id: string): string {
  const ids = RULES.map((rule) => rule.id);
  const area = ids.filter((known) => known.startsWith(`${id.split("/")[0]}/`));
  const hint = didYouMean(id, ids) ?? (area.length > 0 ? `there are ${area.join(", ")}` : undefined);
  return `there is no rule \`${id}\`${hint === undefined ? "" : `; ${hint}`}`;
}
