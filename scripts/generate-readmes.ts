import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { listActions } from "./build/bundle-actions.ts";
import { renderReadme } from "./generate/render-readme.ts";

const help = `Usage: node scripts/generate-readmes.ts [--check]

Writes the tables of inputs and outputs in actions/*/README.md from each action.yml.

  --check   write nothing; fail when a README is not what its action.yml says
  --help    show this`;

/**
 * Brings the actions' READMEs up to date.
 *
 * @param root the repository's root
 * @returns the new text of each README that was not right, by path from the root; nothing is written
 * @throws Error naming the README whose markers are missing
 */
export async function planReadmes(root: string): Promise<Map<string, string>> {
  const changed = new Map<string, string>();
  for (const name of await listActions(root)) {
    const path = `actions/${name}/README.md`;
    const [readme, actionFile] = await Promise.all([
      readFile(join(root, path), "utf8"),
      readFile(join(root, `actions/${name}/action.yml`), "utf8"),
    ]);
    const text = tryRender(path, readme, actionFile);
    if (text !== readme) changed.set(path, text);
  }
  return changed;
}

function tryRender(path: string, readme: string, actionFile: string): string {
  try {
    return renderReadme(readme, actionFile);
  } catch (error) {
    throw new Error(`${path}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { check: { type: "boolean" }, help: { type: "boolean" } } });
  if (values.help) return console.log(help);
  const root = join(import.meta.dirname, "..");
  const changed = await planReadmes(root);
  if (changed.size === 0) return console.log("the actions' READMEs are up to date");
  for (const [path, text] of changed) {
    if (!values.check) await writeFile(join(root, path), text);
    console.log(`${values.check ? "stale" : "changed"}  ${path}`);
  }
  if (!values.check) return;
  console.error("Run `node scripts/generate-readmes.ts` and commit what it writes.");
  process.exitCode = 1;
}

if (import.meta.main) await main();
