import { UserError } from "../domain/user-error.ts";

/**
 * Gives the text of one input, trimmed; empty where the workflow gave none and `action.yml` has no default.
 *
 * An action's `inputs.ts` exports the names it reads and one function that reads them, so that the compiler
 * refuses a name that is not listed and the architecture test compares the list with `action.yml`:
 *
 *     export const inputNames = ["registry", "dry-run"] as const;
 *     export function loadInputs(read: ReadInput<(typeof inputNames)[number]>): Inputs
 */
export type ReadInput<Name extends string = string> = (name: Name) => string;

/**
 * Reads inputs as GitHub's runner hands them to an action: `base-image` is `INPUT_BASE-IMAGE`.
 *
 * @param environment the process's environment
 * @returns a reader of trimmed text
 */
export function inputsFromEnvironment(environment: Readonly<Record<string, string | undefined>>): ReadInput {
  return (name) => (environment[`INPUT_${name.replaceAll(" ", "_").toUpperCase()}`] ?? "").trim();
}

/**
 * @param read the reader
 * @param name the input's name in `action.yml`
 * @returns its text, never empty
 * @throws UserError when it is empty
 */
export function requiredInput<Name extends string>(read: ReadInput<Name>, name: Name): string {
  const text = read(name);
  if (text === "") {
    throw new UserError(
      `Input \`${name}\` is empty; it is required. Give it under \`with:\` of the step, and check that the variable it comes from is set.`,
    );
  }
  return text;
}

/**
 * @param read the reader
 * @param name the input's name in `action.yml`
 * @returns its text, or `undefined` when it is empty
 */
export function optionalInput<Name extends string>(read: ReadInput<Name>, name: Name): string | undefined {
  const text = read(name);
  return text === "" ? undefined : text;
}

/**
 * @param read the reader
 * @param name the input's name in `action.yml`, which gives it a default
 * @returns the truth value
 * @throws UserError for anything but `true` and `false`: `True`, `yes` and `1` are not guessed at
 */
export function booleanInput<Name extends string>(read: ReadInput<Name>, name: Name): boolean {
  const text = read(name);
  if (text === "true") return true;
  if (text === "false") return false;
  throw new UserError(`Input \`${name}\` is ${quote(text)}; expected \`true\` or \`false\`, in lower case.`);
}

/**
 * Reads a list: one item a line, or separated by commas. Blank items are left out, order is kept.
 *
 * @param read the reader
 * @param name the input's name in `action.yml`
 * @returns the trimmed items, none of them empty
 * @throws UserError when an item stands there twice
 */
export function listInput<Name extends string>(read: ReadInput<Name>, name: Name): string[] {
  const items = read(name)
    .split(/[\n,]/)
    .map((item) => item.trim())
    .filter((item) => item !== "");
  const twice = items.find((item, index) => items.indexOf(item) !== index);
  if (twice !== undefined) {
    throw new UserError(`Input \`${name}\` names ${quote(twice)} twice; name it once.`);
  }
  return items;
}

/**
 * Reads JSON, usually another step's output.
 *
 * @param read the reader
 * @param name the input's name in `action.yml`
 * @returns the value, of no known shape: the caller checks it
 * @throws UserError when the text is not JSON
 */
export function jsonInput<Name extends string>(read: ReadInput<Name>, name: Name): unknown {
  const text = requiredInput(read, name);
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UserError(`Input \`${name}\` is not JSON (${reason}); it begins with ${quote(text)}.`);
  }
}

function quote(text: string): string {
  return text === "" ? "empty" : `\`${text.length > 60 ? `${text.slice(0, 60)}…` : text}\``;
}
