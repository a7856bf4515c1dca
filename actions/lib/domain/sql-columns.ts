import { type SqlDialect, type SqlToken, tokenizeSql } from "./sql-tokens.ts";

/** A plain name in a SQL expression that may be a column. */
export interface SqlName {
  name: string;
  /** Where it starts, in UTF-16 units. */
  offset: number;
}

/** Words of expressions that are no columns. Functions are told by their parenthesis. */
const WORDS = new Set(
  [
    "ALL AND ANY ARRAY AS ASC BETWEEN BOTH BY CASE CAST COLLATE CURRENT CURRENT_DATE CURRENT_TIMESTAMP DATE DAY DAYS",
    "DECIMAL DESC DISTINCT DIV DOUBLE ELSE END ESCAPE EXISTS FALSE FILTER FIRST FLOAT FOLLOWING FOR FROM HOUR HOURS",
    "ILIKE IN INT INTEGER INTERVAL IS LAST LEADING LIKE MINUTE MINUTES MONTH MONTHS NOT NULL NULLS OR ORDER OVER",
    "PARTITION PRECEDING RANGE REGEXP RLIKE ROW ROWS SECOND SECONDS SELECT SOME STRING STRUCT THEN TIMESTAMP TO",
    "TRAILING TRUE UNBOUNDED WEEK WEEKS WHEN WHERE WITHIN YEAR YEARS BIGINT SMALLINT TINYINT BOOLEAN BINARY MAP",
  ].flatMap((line) => line.split(" ")),
);

/**
 * Finds the names in a SQL expression that may be columns: neither words of SQL, functions, fields of a structure nor
 * parameters of a lambda.
 *
 * @param sql the expression
 * @param dialect how it is written
 * @returns the names, in the order of the text
 */
export function columnsOfSql(sql: string, dialect: SqlDialect): SqlName[] {
  const { tokens } = tokenizeSql(sql, dialect);
  const parameters = new Set(tokens.flatMap((token, index) => lambdaParameters(tokens, token, index)));
  return tokens.flatMap((token, index): SqlName[] => {
    if (token.kind !== "name" && token.kind !== "word") return [];
    const before = tokens[index - 1]?.text;
    const after = tokens[index + 1];
    if (before === "." || (after?.kind === "symbol" && after.text === "(")) return [];
    // `DATE '2026-01-01'` is a literal of any type.
    if (token.kind === "word" && (WORDS.has(token.upper) || after?.kind === "text")) return [];
    return parameters.has(token.text) ? [] : [{ name: token.text, offset: token.offset }];
  });
}

/**
 * Finds the parameters of a lambda, `x -> …` and `(x, y) -> …`.
 *
 * @param tokens of the text
 * @param token one of them
 * @param index its place
 * @returns nothing where the token does not begin an arrow
 */
export function lambdaParameters(tokens: readonly SqlToken[], token: SqlToken, index: number): string[] {
  if (token.text !== "-" || tokens[index + 1]?.text !== ">" || tokens[index + 1]?.kind !== "symbol")
    return [];
  const names: string[] = [];
  for (let at = index - 1; at >= 0; at -= 1) {
    const part = tokens[at];
    if (part?.kind === "word") names.push(part.text);
    else if (part?.text !== "," && part?.text !== ")") break;
    if (tokens[index - 1]?.text !== ")") break;
  }
  return names;
}
