/** How a SQL dialect writes things, as far as finding tables needs it. */
export interface SqlDialect {
  /** Whether `"x"` is a name (Trino, Snowflake) or text (Spark). */
  doubleQuotes: "name" | "text";
  /** Whether a backslash escapes the next character of a text. */
  backslash: boolean;
}

/** Spark's defaults. */
export const SPARK_SQL: SqlDialect = { doubleQuotes: "text", backslash: true };

/** Snowflake's defaults. */
export const SNOWFLAKE_SQL: SqlDialect = { doubleQuotes: "name", backslash: true };

/** One piece of a SQL text; comments and spaces are not among them. */
export interface SqlToken {
  /** `word` is a keyword or a plain name, `name` a quoted one, `end` comes once, last. */
  kind: "word" | "name" | "text" | "number" | "symbol" | "end";
  /** As written; of a quoted name, what is between the quotes. */
  text: string;
  /** In upper case, for a `word`; else as `text`. */
  upper: string;
  /** Where it starts, in UTF-16 units. */
  offset: number;
}

/** Something in a SQL text that is wrong by itself. */
export interface SqlProblem {
  offset: number;
  message: string;
  expected: string;
  fix: string;
}

const SPACE = /\s+/y;
const LINE_COMMENT = /--[^\n]*/y;
const WORD = /[\p{L}_][\p{L}\p{N}_$]*/uy;
const NUMBER = /(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?[A-Za-z]*/y;
const QUOTES: Readonly<Record<string, string>> = { "`": "backquote", "'": "quote", '"': "double quote" };

/**
 * Cuts a SQL text into tokens; it never throws, whatever the text.
 *
 * @param sql the text
 * @param dialect how it is written
 * @returns its tokens, the last of kind `end`, and the quotes and comments that are not closed
 */
export function tokenizeSql(
  sql: string,
  dialect: SqlDialect,
): { tokens: SqlToken[]; problems: SqlProblem[] } {
  const tokens: SqlToken[] = [];
  const problems: SqlProblem[] = [];
  let at = 0;
  const push = (kind: SqlToken["kind"], text: string, end: number): void => {
    tokens.push({ kind, text, upper: kind === "word" ? text.toUpperCase() : text, offset: at });
    at = end;
  };
  while (at < sql.length) {
    const skipped = matchAt(SPACE, sql, at) ?? matchAt(LINE_COMMENT, sql, at);
    if (skipped !== undefined) {
      at += skipped.length;
      continue;
    }
    if (sql.startsWith("/*", at)) {
      const end = endOfComment(sql, at);
      if (end === undefined) problems.push(unclosed(at, "a comment", "*/"));
      at = end ?? sql.length;
      continue;
    }
    const quote = sql.charAt(at);
    if (Object.hasOwn(QUOTES, quote)) {
      const isName = quote === "`" || (quote === '"' && dialect.doubleQuotes === "name");
      const { content, end } = readQuoted(sql, at, dialect.backslash && !isName);
      if (end === undefined) problems.push(unclosed(at, `a ${QUOTES[quote]}`, quote));
      push(isName ? "name" : "text", content, end ?? sql.length);
      continue;
    }
    const word = matchAt(WORD, sql, at);
    if (word !== undefined) push("word", word, at + word.length);
    else {
      const number = matchAt(NUMBER, sql, at);
      if (number !== undefined) push("number", number, at + number.length);
      else push("symbol", quote, at + 1);
    }
  }
  push("end", "", at);
  return { tokens, problems };
}

function matchAt(pattern: RegExp, text: string, offset: number): string | undefined {
  pattern.lastIndex = offset;
  return pattern.exec(text)?.[0];
}

/** Comments nest, as in Spark and PostgreSQL. */
function endOfComment(sql: string, start: number): number | undefined {
  const marks = /\/\*|\*\//g;
  marks.lastIndex = start;
  let depth = 0;
  for (let mark = marks.exec(sql); mark !== null; mark = marks.exec(sql)) {
    depth += mark[0] === "/*" ? 1 : -1;
    if (depth === 0) return marks.lastIndex;
  }
  return undefined;
}

function readQuoted(
  sql: string,
  start: number,
  backslash: boolean,
): { content: string; end: number | undefined } {
  const quote = sql.charAt(start);
  let content = "";
  for (let at = start + 1; at < sql.length; at += 1) {
    const character = sql.charAt(at);
    if (backslash && character === "\\") {
      at += 1;
      content += sql.charAt(at);
    } else if (character !== quote) {
      content += character;
    } else if (sql.charAt(at + 1) === quote) {
      at += 1;
      content += quote;
    } else {
      return { content, end: at + 1 };
    }
  }
  return { content, end: undefined };
}

function unclosed(offset: number, what: string, close: string): SqlProblem {
  return { offset, message: `${what} is not closed`, expected: `\`${close}\``, fix: "close it" };
}
