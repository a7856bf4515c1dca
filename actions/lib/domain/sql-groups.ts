import type { SqlProblem, SqlToken } from "./sql-tokens.ts";

/** What stands between two parentheses. */
export interface SqlGroup {
  kind: "group";
  items: SqlItem[];
  offset: number;
}

/** A token, or a whole pair of parentheses with its content. */
export type SqlItem = SqlToken | SqlGroup;

/** Deeper than any query people write. */
const MAX_DEPTH = 200;

/**
 * Puts what stands in parentheses together.
 *
 * @param tokens of a SQL text
 * @returns the items of the outermost level, without the `end` token, and the parentheses that have no partner
 */
export function groupParentheses(tokens: readonly SqlToken[]): { items: SqlItem[]; problems: SqlProblem[] } {
  const problems: SqlProblem[] = [];
  const root: SqlItem[] = [];
  const open: SqlGroup[] = [];
  for (const token of tokens) {
    const items = open.at(-1)?.items ?? root;
    if (isSymbol(token, "(")) {
      const group: SqlGroup = { kind: "group", items: [], offset: token.offset };
      items.push(group);
      open.push(group);
      if (open.length > MAX_DEPTH) return { items: root, problems: [tooDeep(token.offset)] };
    } else if (isSymbol(token, ")")) {
      if (open.pop() === undefined) {
        const [message, expected, fix] = ["`)` closes nothing", "a `(` before it", "remove it"] as const;
        problems.push({ offset: token.offset, message, expected, fix });
      }
    } else if (token.kind !== "end") items.push(token);
  }
  const unclosed = open.at(-1);
  if (unclosed !== undefined) {
    problems.push({
      offset: unclosed.offset,
      message: "`(` is not closed",
      expected: "`)`",
      fix: "close it",
    });
  }
  return { items: root, problems };
}

function tooDeep(offset: number): SqlProblem {
  const message = "the parentheses are nested too deep, so the rest was not read";
  return { offset, message, expected: `at most ${MAX_DEPTH} levels`, fix: "use `WITH`" };
}

/** @returns whether an item is that symbol */
export function isSymbol(item: SqlItem | undefined, text: string): boolean {
  return item?.kind === "symbol" && item.text === text;
}

/** @returns an unquoted word in upper case; empty for anything else */
export function wordOf(item: SqlItem | undefined): string {
  return item?.kind === "word" ? item.upper : "";
}
