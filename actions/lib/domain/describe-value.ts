const MAX_QUOTED = 60;

/**
 * Says in words what a value is, for a message.
 *
 * @param value any JSON value
 * @returns for instance ``the text `id` ``, `a list`, `nothing`
 */
export function describeValue(value: unknown): string {
  if (value === null || value === undefined) return "empty";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "string") return value === "" ? "the empty text" : `the text ${quote(value)}`;
  if (typeof value === "number") return `the number ${quote(String(value))}`;
  return typeof value === "boolean" ? quote(String(value)) : "a mapping";
}

/**
 * Says in words what a JSON Schema type is.
 *
 * @param type a type of JSON Schema
 * @returns for instance `a whole number`
 */
export function describeType(type: string): string {
  const words: Record<string, string> = {
    string: "text",
    integer: "a whole number",
    number: "a number",
    boolean: "`true` or `false`",
    array: "a list",
    object: "a mapping",
    null: "nothing",
  };
  return words[type] ?? type;
}

/**
 * Puts something in code quotes, cut where it is long.
 *
 * @param text what to quote
 * @returns it between backticks, on one line
 */
export function quote(text: string): string {
  const line = text.replaceAll(/\s+/g, " ").replaceAll("`", "'");
  return `\`${line.length > MAX_QUOTED ? `${line.slice(0, MAX_QUOTED)}…` : line}\``;
}

/**
 * Lists names for a message, the first ten of them.
 *
 * @param names what to list
 * @returns ``one of `a`, `b` and 3 more``
 */
export function oneOf(names: readonly string[]): string {
  const shown = names.slice(0, 10).map(quote).join(", ");
  const more = names.length > 10 ? ` and ${names.length - 10} more` : "";
  return names.length === 1 ? shown : `one of ${shown}${more}`;
}
