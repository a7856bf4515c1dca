import type { Rule } from "../../actions/lib/domain/rule.ts";

/**
 * Renders the rules as a page.
 *
 * @param rules in the order in which they are listed
 * @returns Markdown
 */
export function renderRules(rules: readonly Rule[]): string {
  const rows = rules.map(({ id, severity, reason, fix, exceptable }) => {
    return `| \`${id}\` | ${severity} | ${exceptable === true ? "yes" : ""} | ${reason} | ${fix} |`;
  });
  const head = "| rule | severity | exceptable | why | fix |\n| --- | --- | --- | --- | --- |";
  const note =
    "What `validate` checks, as `npm run validate -- --explain RULE` tells it. [How to except an object](validate.md#except-one-object-from-one-rule).";
  return `# Rules\n\n${note}\n\n${head}\n${rows.join("\n")}\n`;
}
