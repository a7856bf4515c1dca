import { join } from "node:path";
import { parseArgs } from "node:util";
import { gitWorkspace } from "../actions/lib/adapters/git-workspace.ts";
import type { ActionResult } from "../actions/lib/domain/action-result.ts";
import { readPipeline } from "../actions/lib/domain/pipeline-file.ts";
import { planGenerated } from "../actions/lib/domain/plan-generated.ts";
import { UserError } from "../actions/lib/domain/user-error.ts";
import { runInTerminal } from "../actions/lib/host/run-in-terminal.ts";
import type { Workspace } from "../actions/lib/ports/workspace.ts";
import { readGenerateInput } from "./generate/read-generate-input.ts";
import { type NewTable, newTable } from "./new/table.ts";

const help = `Usage: npm run new -- pipeline NAME
       npm run new -- table PIPELINE NAME [--columns NAME:TYPE,…] [--cursor COLUMN] [--source SOURCE]

pipeline   begins a pipeline: pipelines/NAME with a small pipeline.yaml and one mart's SQL to make yours, and all that is
           generated from it (its base, its Application, an overlay in each environment)
table      adds a table to a pipeline: one block in its pipeline.yaml, and nothing else anywhere

  --columns   the table's columns, the key first; write a decimal as amount:decimal(12;2)
  --cursor    column that grows with every change, to read only what changed
  --source    where it comes from; the pipeline's first source without it
  --help      show this`;

/**
 * Begins a pipeline.
 *
 * @param workspace the repository
 * @param name what it shall be called
 * @param print takes a line for each file written
 * @returns success; nothing is written otherwise
 * @throws UserError when the name is taken or is no name, or when the repository's other pipelines are not valid
 */
export async function newPipeline(
  workspace: Workspace,
  name: string,
  print: (line: string) => void,
): Promise<ActionResult> {
  const file = `pipelines/${name}/pipeline.yaml`;
  // The schema knows what a name may be.
  const { pipeline, findings } = readPipeline(file, pipelineText(name));
  if (pipeline === undefined) {
    throw new UserError(`${JSON.stringify(name)} is no name for a pipeline: ${findings[0]?.message ?? ""}`);
  }
  if ((await workspace.list(`pipelines/${name}`)).length > 0) {
    throw new UserError(`pipelines/${name} exists already; choose another name, or edit ${file}`);
  }
  const repository = await readGenerateInput(workspace);
  const edits = new Map<string, string | null>([
    [file, pipelineText(name)],
    [`pipelines/${name}/${martFile(name)}`, martText(name)],
    ...planGenerated({ ...repository, pipelines: [...repository.pipelines, pipeline.pipeline] }),
  ]);
  await workspace.apply(edits);
  for (const path of edits.keys()) print(`${repository.tree.has(path) ? "changed" : "added"}  ${path}`);
  print(`next: say in ${file} where the data comes from, then npm run validate`);
  return { ok: true, outputs: {}, summary: "", annotations: [] };
}

function pipelineText(name: string): string {
  const table = sqlName(name);
  return `# yaml-language-server: $schema=../pipeline.schema.json
apiVersion: wavehouse.dev/v1
kind: Pipeline
metadata:
  name: ${JSON.stringify(name)}
  owner: data-platform
  description: What this data is, in a sentence.
spec:
  schedule: "@daily"
  storage: { format: delta, bucket: lakehouse }
  sources:
    api:
      type: http
      url: https://api.example.com/v1/${encodeURIComponent(name)}
      pages:
        parameter: page
        start: 1
        size: { parameter: per_page, value: 200 }
      total: { path: /meta, field: total }
  tables:
    - name: ${table}
      description: One row for each record.
      source: api
      keys: [id]
      write: merge
      contract: { newColumns: evolve }
      columns:
        id: string
        category: string
      quality:
        - { rule: id is not null, severity: fail }
        - { rule: category is not null, severity: warn }
  marts:
    - name: ${table}_by_category
      description: How many there are in each category.
      sql: ${martFile(name)}
      grain: [category]
  resources: small
`;
}

function martText(name: string): string {
  return `-- How many there are in each category.
SELECT
  category,
  count(*) AS records
FROM silver.${sqlName(name)}
GROUP BY category
`;
}

function martFile(name: string): string {
  return `gold/${sqlName(name)}_by_category.sql`;
}

function sqlName(name: string): string {
  return name.replaceAll("-", "_");
}

async function main(): Promise<void> {
  const { values, positionals } = readArguments(process.argv.slice(2));
  if (values.help) return console.log(help);
  const [what, ...names] = positionals;
  const [first, second] = names;
  const workspace = gitWorkspace(join(import.meta.dirname, ".."));
  if (what === "pipeline" && names.length === 1 && first !== undefined) {
    await runInTerminal(() => newPipeline(workspace, first, console.log));
  } else if (what === "table" && names.length === 2 && first !== undefined && second !== undefined) {
    const columns = (values.columns ?? "").split(",").filter((column) => column !== "");
    const table: NewTable = {
      pipeline: first,
      name: second,
      source: values.source,
      columns: columns.map((column) => column.replaceAll(";", ", ")),
      cursor: values.cursor,
    };
    await runInTerminal(() => newTable(workspace, table, console.log));
  } else refuse("say what to begin: pipeline NAME, or table PIPELINE NAME");
}

function readArguments(args: string[]) {
  const text = { type: "string" } as const;
  const options = { help: { type: "boolean" }, columns: text, cursor: text, source: text } as const;
  try {
    return parseArgs({ args, allowPositionals: true, options });
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return refuse(error.message);
  }
}

function refuse(problem: string): never {
  console.error(`error: ${problem}\n\n${help}`);
  process.exit(2);
}

if (import.meta.main) await main();
