import type { Finding } from "../lib/domain/finding.ts";
import type { WorkflowChecker } from "../lib/ports/workflow-checker.ts";
import type { FileEntry } from "../lib/ports/workspace.ts";
import { keyOf, type Recall } from "./recall.ts";

/** Workflows, actions, and what says how they are checked. */
const CHECKED = /^\.github\/workflows\/[^/]+\.ya?ml$|^(?:\.github\/)?actions\/(?:.*\/)?action\.ya?ml$/;
const SETTINGS = /^\.github\/[^/]+\.ya?ml$/;

/**
 * Checks workflows and actions, again only when one of them, or a setting of what checks them, changed.
 *
 * @param workflows checks them; without it none is
 * @param entries the repository's files
 * @param recall what is known from earlier
 * @returns what is wrong
 * @throws UserError when a tool cannot be had or says nothing
 */
export async function checkWorkflows(
  workflows: WorkflowChecker | undefined,
  entries: readonly FileEntry[],
  recall: Recall | undefined,
): Promise<Finding[]> {
  const paths = entries.filter(({ symlink }) => !symlink).map(({ path }) => path);
  const files = paths.filter((path) => CHECKED.test(path));
  if (workflows === undefined || files.length === 0) return [];
  const settings = paths.filter((path) => SETTINGS.test(path));
  const key = keyOf([...files, ...settings].map((path) => [path, recall?.ids.get(path)]));
  if (recall?.memory.get("workflows", "clean") === key) return [];
  const findings = await workflows.check(files);
  if (findings.length === 0) recall?.memory.set("workflows", "clean", key);
  return findings;
}
