import { mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { cacheRoot } from "kubeconform-wrapper";
import { gitWorkspace } from "../actions/lib/adapters/git-workspace.ts";
import { didYouMean } from "../actions/lib/domain/did-you-mean.ts";
import { yamlText } from "../actions/lib/domain/generated-text.ts";
import { readPipeline } from "../actions/lib/domain/pipeline-file.ts";
import type { Pipeline } from "../actions/lib/domain/pipeline-type.ts";
import { UserError } from "../actions/lib/domain/user-error.ts";
import type { Workspace } from "../actions/lib/ports/workspace.ts";
import { dataContract } from "./docs/data-contract.ts";
import { lineageOf } from "./docs/lineage.ts";
import { renderPage } from "./docs/render-page.ts";

const help = `Usage: npm run docs -- [PIPELINE] [--into DIR]

Writes what people should know of a pipeline's data, from its file: one page with a picture of what is made of what
(PIPELINE.html), and a data contract of the Open Data Contract Standard (PIPELINE.odcs.yaml).

  PIPELINE      all of them without it
  --into DIR    default: docs in the cache's folder; what was written is printed
  --help        show this`;

const FILE = /^pipelines\/([^/]+)\/pipeline\.yaml$/;

/** @returns the text of each file of a pipeline's docs, by its name */
export async function pipelineDocs(workspace: Workspace, name: string): Promise<Map<string, string>> {
  const text = async (path: string) => new TextDecoder().decode(await workspace.read(path));
  const file = `pipelines/${name}/pipeline.yaml`;
  const { pipeline, findings } = readPipeline(file, await text(file));
  if (pipeline === undefined) throw new UserError(findings);
  const sql = await readSql(pipeline.pipeline, (path) => text(`pipelines/${name}/${path}`));
  const lineage = lineageOf(pipeline.pipeline, sql);
  return new Map([
    [`${name}.html`, renderPage(pipeline.pipeline, lineage)],
    [`${name}.odcs.yaml`, yamlText(dataContract(pipeline.pipeline, lineage))],
  ]);
}

async function readSql(
  { spec }: Pipeline,
  read: (path: string) => Promise<string>,
): Promise<Map<string, string>> {
  const files = (spec.marts ?? []).flatMap(({ sql }) => sql ?? []);
  return new Map(await Promise.all(files.map(async (path) => [path, await read(path)] as const)));
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { help: { type: "boolean", short: "h" }, into: { type: "string" } },
  });
  if (values.help) return console.log(help);
  const workspace = gitWorkspace(join(import.meta.dirname, ".."));
  const all = (await workspace.list("pipelines")).flatMap(({ path }) => FILE.exec(path)?.[1] ?? []);
  const unknown = positionals.find((name) => !all.includes(name));
  if (unknown !== undefined) {
    const fix = didYouMean(unknown, all) ?? `there are: ${all.join(", ")}`;
    throw new UserError(`there is no pipeline ${JSON.stringify(unknown)}; ${fix}`);
  }
  const into = values.into === undefined ? join(cacheRoot(), "docs") : resolve(values.into);
  mkdirSync(into, { recursive: true });
  for (const name of positionals.length === 0 ? all : positionals) {
    for (const [file, content] of await pipelineDocs(workspace, name)) {
      writeFileSync(join(into, file), content);
      console.log(join(into, file));
    }
  }
}

if (import.meta.main) {
  main().catch((error: unknown) => {
    if (!(error instanceof UserError)) throw error;
    console.error(`error: ${error.message}`);
    process.exitCode = 1;
  });
}
