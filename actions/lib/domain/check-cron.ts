import { oneOf, quote } from "./describe-value.ts";
import { didYouMean } from "./did-you-mean.ts";
import type { Problem } from "./problem.ts";

const PRESETS = ["@hourly", "@daily", "@weekly", "@monthly", "@quarterly", "@yearly"];

interface Field {
  name: string;
  low: number;
  high: number;
  /** Names for its numbers, from `low` on. */
  words?: readonly string[];
}

const FIELDS: readonly Field[] = [
  { name: "minute", low: 0, high: 59 },
  { name: "hour", low: 0, high: 23 },
  { name: "day of the month", low: 1, high: 31 },
  { name: "month", low: 1, high: 12, words: "jan feb mar apr may jun jul aug sep oct nov dec".split(" ") },
  { name: "day of the week", low: 0, high: 7, words: "sun mon tue wed thu fri sat".split(" ") },
];

const RULE = "pipeline/cron";

/**
 * Checks a schedule: a preset, or five fields of cron.
 *
 * @param text as written
 * @returns what is wrong, or `undefined`
 */
export function checkCron(text: string): Problem | undefined {
  if (text.startsWith("@")) {
    if (PRESETS.includes(text)) return undefined;
    const fix = didYouMean(text, PRESETS) ?? "use one of them, or five cron fields";
    return { rule: RULE, message: `there is no preset ${quote(text)}`, expected: oneOf(PRESETS), fix };
  }
  const parts = text.trim().split(/\s+/);
  if (parts.length !== FIELDS.length) {
    const expected = `five: ${FIELDS.map(({ name }) => name).join(", ")}`;
    const message = `${quote(text)} has ${parts.length} ${parts.length === 1 ? "field" : "fields"}`;
    const fix = didYouMean(`@${text}`, PRESETS) ?? "write it like `30 4 * * 1-5`";
    return { rule: RULE, message, expected, fix };
  }
  for (const [index, field] of FIELDS.entries()) {
    const wrong = (parts[index] ?? "").split(",").find((item) => !isItem(item, field));
    if (wrong === undefined) continue;
    const words = field.words === undefined ? "" : ` (or \`${field.words[0]}\` to \`${field.words.at(-1)}\`)`;
    return {
      rule: RULE,
      message: `${quote(wrong)} is no ${field.name}`,
      expected: `${field.low} to ${field.high}${words}, \`*\`, a range \`a-b\` or a step \`*/n\``,
      fix: `change it in ${quote(text)}`,
    };
  }
  return undefined;
}

/** `*`, `7`, `mon-fri`, each with an optional `/step`. */
function isItem(item: string, field: Field): boolean {
  const [, range = "", step] = /^([^/]+)(?:\/([0-9]+))?$/.exec(item) ?? [];
  if (step !== undefined && (Number(step) < 1 || Number(step) > field.high)) return false;
  if (range === "*") return true;
  const bounds = range.split("-").map((bound) => numberOf(bound, field));
  const [low, high] = bounds;
  if (low === undefined || bounds.length > 2 || bounds.includes(undefined)) return false;
  return bounds.length === 1 ? step === undefined : high !== undefined && low <= high;
}

function numberOf(text: string, field: Field): number | undefined {
  const word = field.words?.indexOf(text.toLowerCase()) ?? -1;
  if (word !== -1) return word + field.low;
  if (!/^[0-9]{1,2}$/.test(text)) return undefined;
  const number = Number(text);
  return number >= field.low && number <= field.high ? number : undefined;
}
