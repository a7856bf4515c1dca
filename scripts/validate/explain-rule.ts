import { exceptionAnnotation } from "../../actions/lib/domain/exceptions.ts";
import type { Rule } from "../../actions/lib/domain/rule.ts";

/**
 * Says what a rule is for.
 *
 * @param rule the rule
 * @returns a few lines without a line end
 */
export function explainRule({ id, severity, reason, fix, exceptable }: Rule): string {
  const lines = [`${id} (${severity})`, `  why: ${reason}`, `  fix: ${fix}`];
  if (exceptable === true) {
    lines.push(`  one object can be excepted, with the reason: ${exceptionAnnotation(id)}: "why"`);
  }
  return lines.join("\n");
}
