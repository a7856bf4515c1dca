import { join } from "node:path";
import { parseArgs } from "node:util";
import { gitWorkspace } from "../actions/lib/adapters/git-workspace.ts";
import type { ActionResult } from "../actions/lib/domain/action-result.ts";
import { checkStale, staleFindings } from "../actions/lib/domain/check-stale.ts";
import { planGenerated } from "../actions/lib/domain/plan-generated.ts";
import { runInTerminal } from "../actions/lib/host/run-in-terminal.ts";
import type { Workspace } from "../actions/lib/ports/workspace.ts";
import { planPipelineType } from "./generate/plan-pipeline-type.ts";
import { planReadmes } from "./generate/plan-readmes.ts";
import { readGenerateInput } from "./generate/read-generate-input.ts";

const help = `Usage: npm run generate [-- --check]

Writes all that is generated but the bundles (npm run build):
  - what Kubernetes and Argo CD need of each pipeline, from its pipeline.yaml: its base in
    manifests/processing/pipelines, its Application in apps/pipelines, and an overlay in each environment where it has
    none yet; what belongs to a pipeline that is gone is deleted
  - the TypeScript type of a pipeline, from pipelines/pipeline.schema.json
  - the tables of inputs and outputs in actions/*/README.md, from each action.yml

  --check   write nothing; fail when a file is not as it is generated
  --help    show this`;

/**
 * Brings the generated files up to date, or tells which are not.
 *
 * @param workspace the repository
 * @param check write nothing
 * @param print takes a line for each file that changed
 * @returns the findings of a check; not `ok` when there are any
 */
export async function generate(
  workspace: Workspace,
  check: boolean,
  print: (line: string) => void,
): Promise<ActionResult> {
  const input = await readGenerateInput(workspace);
  const others = new Map([...(await planPipelineType(workspace)), ...(await planReadmes(workspace))]);
  const tree = new Map([...input.tree, ...(await readTexts(others.keys(), workspace))]);
  const result = { ok: true, outputs: {}, summary: "", annotations: [] };
  if (check) {
    const findings = [...checkStale(input), ...staleFindings(others, tree)];
    return { ...result, ok: findings.length === 0, annotations: findings };
  }
  const stale = [...others].filter(([path, text]) => tree.get(path) !== text);
  const edits = new Map([...planGenerated(input), ...stale]);
  await workspace.apply(edits);
  for (const [path, text] of edits) {
    print(`${text === null ? "deleted" : tree.has(path) ? "changed" : "added"}  ${path}`);
  }
  if (edits.size === 0) print("the generated files are up to date");
  return result;
}

async function readTexts(paths: Iterable<string>, workspace: Workspace): Promise<Map<string, string>> {
  const texts = new Map<string, string>();
  for (const path of paths) {
    if (await workspace.exists(path)) texts.set(path, new TextDecoder().decode(await workspace.read(path)));
  }
  return texts;
}

async function main(): Promise<void> {
  const { check, help: wantsHelp } = readOptions(process.argv.slice(2));
  if (wantsHelp) return console.log(help);
  const workspace = gitWorkspace(join(import.meta.dirname, ".."));
  await runInTerminal(() => generate(workspace, check, console.log));
}

function readOptions(args: string[]): { check: boolean; help: boolean } {
  try {
    const { values } = parseArgs({
      args,
      options: { check: { type: "boolean" }, help: { type: "boolean" } },
    });
    return { check: values.check === true, help: values.help === true };
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    console.error(`error: ${error.message}\n\n${help}`);
    process.exit(2);
  }
}

if (import.meta.main) await main();
