import { parseDocument, type Scalar } from "yaml";

/** How a scalar is written. */
export type Quote = "plain" | "single" | "double";

/**
 * @param type a scalar's type, as `yaml` names it
 * @returns how it is quoted
 */
export function quoteOf(type: Scalar["type"] | undefined): Quote {
  if (type === "QUOTE_SINGLE") return "single";
  return type === "QUOTE_DOUBLE" ? "double" : "plain";
}

/**
 * Writes text as a YAML scalar on one line. What would not be read back as the same text when it is written plain
 * is quoted: `1234567890123456` and `12e4567890123456` are numbers to every reader, `0123456701234567` to old ones.
 *
 * @param text without control characters
 * @param quote how it shall be written, where that is possible
 * @returns the scalar's source
 */
export function quoteScalar(text: string, quote: Quote): string {
  if (quote === "single") return `'${text.replaceAll("'", "''")}'`;
  if (quote === "double" || !isPlain(text)) return JSON.stringify(text);
  return text;
}

/**
 * What is text to every reader, without asking one: it begins with a letter and is longer than `false`, or it is
 * hexadecimal with a letter that no number has (`e` is an exponent; `0b` and `0x` begin numbers).
 */
const SURELY_TEXT = /^[A-Za-z][\w./-]{5,}(?::[\w./-]+)*$|^(?!0[bx])[0-9][0-9a-f]*[acdf][0-9a-f]*$/;

function isPlain(text: string): boolean {
  // A reader takes 0.2 ms, and a big bump has thousands of them.
  if (SURELY_TEXT.test(text)) return true;
  // In a flow mapping, where least is allowed, by both versions of YAML: Kustomize reads 1.1.
  return (["1.1", "1.2"] as const).every((version) => {
    const document = parseDocument(`{key: ${text}}`, { version, logLevel: "silent" });
    return document.errors.length === 0 && document.get("key") === text;
  });
}
