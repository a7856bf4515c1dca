import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Finding } from "../domain/finding.ts";
import { parseYaml } from "../domain/parse-yaml.ts";

/** What makes a file no YAML to kustomize either. */
export const NOT_YAML = /^yaml\/(?:syntax|tab|control-character|duplicate-key|too-deep)$/;
/** What kustomize would work on without end. */
const ENDLESS = /^yaml\/(?:alias-expansion|anchor-loop)$/;
/** Something that may be an alias. */
const ALIAS = /(?:^|[\s[{,])\*[^\s*]/;

/**
 * Finds the first place of a file of one or more documents that breaks one of some rules.
 *
 * @param root absolute path of the repository
 * @param file path from there
 * @param rules which rules
 */
export async function firstFault(root: string, file: string, rules: RegExp): Promise<Finding | undefined> {
  return faultIn(await readFile(join(root, file), "utf8"), file, rules);
}

/**
 * Finds aliases that stand for more than anyone could mean. Most files have none, and are not parsed to say so.
 *
 * @param root absolute path of the repository
 * @param file path from there
 */
export async function endlessAliases(root: string, file: string): Promise<Finding[]> {
  if (!/\.ya?ml$/.test(file)) return [];
  const text = await readFile(join(root, file), "utf8");
  const fault = text.includes("&") && ALIAS.test(text) ? faultIn(text, file, ENDLESS) : undefined;
  return fault === undefined ? [] : [fault];
}

function faultIn(text: string, file: string, rules: RegExp): Finding | undefined {
  let line = 0;
  for (const document of text.split(/^(?=---\s)/m)) {
    const content = document.replace(/^---/, "   ");
    const fault = parseYaml(content, file).findings.find(({ rule }) => rules.test(rule));
    if (fault !== undefined) return { ...fault, line: fault.line + line };
    line += document.split("\n").length - 1;
  }
  return undefined;
}
