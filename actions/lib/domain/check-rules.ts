import { quote } from "./describe-value.ts";
import { type JsonPointer, pointTo } from "./json-pointer.ts";
import type { QualityRule } from "./pipeline-type.ts";
import type { PointedProblem } from "./problem.ts";
import { groupParentheses } from "./sql-groups.ts";
import { SPARK_SQL, tokenizeSql } from "./sql-tokens.ts";

/**
 * Checks the quality rules of a table or mart.
 *
 * @param rules its `quality`
 * @param pointer to it
 * @returns what is wrong
 */
export function checkRules(rules: readonly QualityRule[], pointer: JsonPointer): PointedProblem[] {
  const problems: PointedProblem[] = [];
  const seen = new Map<string, number>();
  for (const [index, { rule, name }] of rules.entries()) {
    const at = pointTo(pointer, index, "rule");
    problems.push(...checkExpression(rule, at));
    const identity = name ?? rule.trim().replaceAll(/\s+/g, " ");
    const earlier = seen.get(identity);
    seen.set(identity, earlier ?? index);
    if (earlier === undefined) continue;
    const message = `${quote(identity)} stands twice, so a report could not tell which was broken`;
    const where = name === undefined ? at : pointTo(pointer, index, "name");
    problems.push({
      pointer: where,
      at: "value",
      rule: "pipeline/duplicate-rule",
      message,
      expected: "each rule once",
      fix: "drop it",
    });
  }
  return problems;
}

/**
 * Checks an expression by itself: that there is one, and that its quotes and parentheses are closed.
 *
 * @param sql the expression
 * @param pointer to it
 * @returns what is wrong, at most one problem
 */
export function checkExpression(sql: string, pointer: JsonPointer): PointedProblem[] {
  const { tokens, problems } = tokenizeSql(sql, SPARK_SQL);
  const at = "value";
  if (tokens.length === 1 && problems.length === 0) {
    const fix = "write a condition, or remove the entry";
    return [
      {
        pointer,
        at,
        rule: "pipeline/empty",
        message: "the SQL is empty",
        expected: "SQL over the table's columns",
        fix,
      },
    ];
  }
  return [...problems, ...groupParentheses(tokens).problems].slice(0, 1).map(({ message, expected, fix }) => {
    return {
      pointer,
      at,
      rule: "pipeline/sql-syntax",
      message: `${message} in ${quote(sql)}`,
      expected,
      fix,
    };
  });
}
