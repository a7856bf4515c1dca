import type { YAMLError } from "yaml";
import type { Problem } from "./problem.ts";
import type { YamlStructure } from "./yaml-structure.ts";

/**
 * Turns the parser's error into one that says what to do, at the place where it must be done: an unclosed bracket is
 * told where it was opened, not at the end of the file.
 *
 * @param errors the parser's; what comes after the first is mostly a consequence of it
 * @param text the whole text
 * @param structure what the tokens told
 * @returns the offset of the problem, and the problem
 */
export function explainYamlError(
  errors: readonly [YAMLError, ...YAMLError[]],
  text: string,
  structure: YamlStructure,
): { offset: number; problem: Problem } {
  const [error] = errors;
  const [offset, end] = error.pos;
  const tab = tabNear(text, offset, end);
  if (tab !== undefined) return { offset: tab, problem: TAB };
  if (/closing .quote/.test(error.message)) {
    return { offset: structure.unclosedQuote ?? offset, problem: UNCLOSED_QUOTE };
  }
  if (structure.unclosedBracket !== undefined) {
    const open = text[structure.unclosedBracket] === "[" ? "[" : "{";
    const close = open === "[" ? "]" : "}";
    const problem = syntax(`\`${open}\` is not closed`, `\`${close}\``, "close it, after its last item");
    return { offset: structure.unclosedBracket, problem };
  }
  const spanning = errors.find(({ code }) => code === "MULTILINE_IMPLICIT_KEY");
  if (spanning !== undefined) return { offset: firstOnLine(text, spanning.pos[1] - 1), problem: INDENTATION };
  if (error.code === "BAD_INDENT") return { offset: firstOnLine(text, offset), problem: INDENTATION };
  return { offset, problem: byCode(error) };
}

const TAB: Problem = {
  rule: "yaml/tab",
  message: "a tab indents this line",
  expected: "spaces, which is all that YAML allows there",
  fix: "replace it by two spaces a level",
};

/** A text that goes on to the end of the file. */
export const UNCLOSED_QUOTE = syntax("a quote is not closed", "a closing quote", "close it");

const INDENTATION = syntax(
  "the indentation does not fit the lines above",
  "the column of its neighbours",
  "indent it as they are",
);

/** The tab that the error is about: inside the error's range, or in the indentation of its line. */
function tabNear(text: string, offset: number, end: number): number | undefined {
  const lineStart = startOfLine(text, offset);
  const indentation = /^[ \t]*/.exec(text.slice(lineStart))?.[0] ?? "";
  const inIndentation = indentation.indexOf("\t");
  if (inIndentation !== -1) return lineStart + inIndentation;
  const inRange = text.slice(offset, end).search(/\t/);
  return inRange !== -1 &&
    text
      .slice(offset, offset + inRange)
      .trim()
      .replace(/^-$/, "") === ""
    ? offset + inRange
    : undefined;
}

function firstOnLine(text: string, offset: number): number {
  const start = startOfLine(text, offset);
  return start + text.slice(start).search(/[^ ]/);
}

function startOfLine(text: string, offset: number): number {
  return Math.max(text.lastIndexOf("\n", offset - 1), text.lastIndexOf("\r", offset - 1)) + 1;
}

function byCode(error: YAMLError): Problem {
  const message = lower(error);
  switch (error.code) {
    case "BLOCK_AS_IMPLICIT_KEY":
      return syntax(
        "this value holds another key",
        "one key a line; text with `: ` in it is quoted",
        "quote the value, or put the key on a line of its own",
      );
    case "BAD_SCALAR_START":
      return syntax(message, "a value in quotes", "quote it");
    case "BAD_DQ_ESCAPE":
      return syntax(
        message,
        "an escape that YAML knows, or single quotes",
        "double the backslash, or use single quotes",
      );
    case "MISSING_CHAR":
      return syntax(
        "a key without a value",
        "`key: value`",
        "add the `:`, or indent the line as the one it continues",
      );
    case "TAG_RESOLVE_FAILED":
      return { rule: "yaml/tag", message, expected: "a plain value", fix: "drop the tag" };
    default:
      return syntax(
        message,
        "YAML 1.2",
        "look at the indentation and the quotes of this line and of the one above",
      );
  }
}

function lower(error: YAMLError): string {
  return error.message.charAt(0).toLowerCase() + error.message.slice(1);
}

function syntax(message: string, expected: string, fix: string): Problem {
  return { rule: "yaml/syntax", message, expected, fix };
}
