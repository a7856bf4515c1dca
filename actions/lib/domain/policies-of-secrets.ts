import { pointTo } from "./json-pointer.ts";
import { fields } from "./pods.ts";
import type { RenderedObject } from "./rendered-objects.ts";
import type { Policy, Violation } from "./rule.ts";

/** What a secret of a known make looks like. The words are for the message. */
const FORMATS: readonly (readonly [string, RegExp])[] = [
  ["a private key", /-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----/],
  ["an AWS access key", /\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/],
  ["a GitHub token", /\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_\w{22,})\b/],
  ["a GitLab token", /\bglpat-[\w-]{20,}/],
  ["a Slack token", /\bxox[abeoprs]-[\w-]{10,}/],
  ["a Slack webhook", /hooks\.slack\.com\/services\/T\w+\/B\w+\/\w+/],
  ["a Google API key", /\bAIza[\w-]{35}/],
  ["a Stripe key", /\b[rs]k_live_\w{16,}/],
  ["an npm token", /\bnpm_[A-Za-z0-9]{36}\b/],
  ["a JSON Web Token", /\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}/],
  ["a URL with a password", /\b[a-z][a-z0-9+.-]*:\/\/[^\s/:@$<>{}()]+:[^\s/:@$<>{}()*]+@[\w.[-]/i],
];

/** A name whose value is a secret, and none that ends with what the value is instead: a file, a name, a command. */
const SECRET_NAME =
  /(?:^|[._-]|[a-z](?=[A-Z]))(?:password|passwd|passphrase|secret|token|credentials?|(?:api|access|secret|private|fernet|signing|encryption)[._-]?key(?:[._-]?id)?)$/i;

/** Shorter texts are no secrets, or such that nothing helps. */
const LEAST_SECRET = 6;
/** A line is searched as far as that: what is longer is data. */
const MAX_LINE = 4096;

/** Where secrets may stand. */
export const SECRET_POLICIES: readonly Policy[] = [
  {
    id: "policy/plain-secret",
    severity: "error",
    reason: "What is in Git is read by everyone who can read Git, now and in every clone, for ever.",
    expected: "an ExternalSecret, and a secretKeyRef to what it makes",
    fix: "Move the value to the environment's secret store, and change it: it is known now.",
    check(object) {
      if (object.kind === "Secret" && object.apiVersion === "v1") return secretValues(object);
      if (object.kind === "CustomResourceDefinition") return [];
      const found: Violation[] = [];
      searchTexts(object, [], undefined, found);
      return found;
    },
  },
];

function secretValues(object: RenderedObject): Violation[] {
  return ["data", "stringData"].flatMap((key) =>
    Object.entries(fields(object[key]))
      .filter(([, value]) => value !== null && value !== "")
      .map(([name]) => ({
        pointer: pointTo("", key, name),
        message: `holds the value of \`${name}\` in Git`,
      })),
  );
}

/** Mappings whose keys are names of settings. */
const SETTINGS = new Set(["data", "sparkConf", "hadoopConf", "stringData"]);

/** Fields that hold a secret itself in whatever kind has them; `secretKey` and the like name one. */
const SECRET_FIELD = /^(?:password|passwd|token|secretAccessKey|clientSecret)$/;

/**
 * Searches every text of an object. Only a setting's name says that its value is a secret: an entry of an environment,
 * of a ConfigMap or of a configuration; elsewhere `secretKey` is the name of a key.
 */
function searchTexts(value: unknown, path: string[], setting: string | undefined, found: Violation[]): void {
  if (typeof value === "string") {
    const secret = describeSecret(value, setting);
    // The value itself is not repeated: this text goes into logs.
    if (secret !== undefined)
      found.push({ pointer: pointTo("", ...path), message: `holds ${secret} in Git` });
    return;
  }
  if (typeof value !== "object" || value === null) return;
  const { name } = fields(value);
  const isSettings = SETTINGS.has(path.at(-1) ?? "");
  for (const [key, child] of Object.entries(value)) {
    const entry = key === "value" && typeof name === "string" ? name : undefined;
    const own = isSettings || SECRET_FIELD.test(key) ? key : entry;
    path.push(key);
    searchTexts(child, path, own, found);
    path.pop();
  }
}

function describeSecret(text: string, name: string | undefined): string | undefined {
  if (text.length < LEAST_SECRET) return undefined;
  if (text.includes("\n")) return describeLines(text);
  const format = FORMATS.find(([, pattern]) => pattern.test(text.slice(0, MAX_LINE)));
  if (format !== undefined) return format[0];
  const [, option, given] = /^--?([\w.-]+)=(\S+)$/.exec(text) ?? [];
  if (option !== undefined && given !== undefined) return describeSecret(given, option);
  const secretName = name !== undefined && SECRET_NAME.test(name);
  if (secretName && isLiteral(text)) return `a literal value for \`${name}\``;
  if (looksRandom(text)) return "what looks like a key";
  return undefined;
}

/** A file in a ConfigMap: each line may be a setting of its own. */
function describeLines(text: string): string | undefined {
  for (const line of text.split("\n")) {
    const [, name, value = line] =
      /^\s*(?:export\s+)?["']?([\w.-]+)["']?\s*[:=]\s*["']?([^"']+?)["']?,?\s*$/.exec(line) ?? [];
    const found = describeSecret(value, name);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Whether a text is the thing itself, and not a place where it is or the name of what holds it. */
function isLiteral(text: string): boolean {
  if (/\s/.test(text) || /^(?:\/|\.|~|file:|https?:|[a-z]+:\/\/)/.test(text)) return false;
  if (/[$<{]/.test(text)) return false; // a placeholder: ${VAR}, $(VAR), <secret>, {{ template }}
  // A name of Kubernetes', `airflow-database`: a password of that form is told by nothing but its being one.
  return !/^[a-z]+(?:-[a-z]+)+$/.test(text) && !/^(?:true|false|none|null|disabled|enabled)$/i.test(text);
}

const LEAST_RANDOM = 32;
/** 32 random characters of base64 have 4.2 bits each or more; words, paths and versions stay below. */
const RANDOM_BITS = 4.2;

function looksRandom(text: string): boolean {
  if (text.length < LEAST_RANDOM || text.length > 512 || !/^[\w+/-]+={0,2}$/.test(text)) return false;
  const classes = [/[a-z]/, /[A-Z]/, /[0-9]/].filter((pattern) => pattern.test(text)).length;
  return classes === 3 && entropy(text) >= RANDOM_BITS;
}

/** Shannon's, in bits a character. */
function entropy(text: string): number {
  const counts = new Map<string, number>();
  for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1);
  return [...counts.values()].reduce((sum, count) => {
    const share = count / text.length;
    return sum - share * Math.log2(share);
  }, 0);
}
