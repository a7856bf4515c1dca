import type { Workspace } from "../../actions/lib/ports/workspace.ts";
import { renderReadme } from "./render-readme.ts";

/**
 * Renders the tables of inputs and outputs in the actions' READMEs.
 *
 * @param workspace the repository
 * @returns the text that each README shall have, by path
 * @throws Error naming the README whose markers are missing
 */
export async function planReadmes(workspace: Workspace): Promise<Map<string, string>> {
  const read = async (path: string): Promise<string> => new TextDecoder().decode(await workspace.read(path));
  const texts = new Map<string, string>();
  for (const { path: file } of await workspace.list("actions")) {
    const folder = /^(actions\/[^/]+)\/action\.yml$/.exec(file)?.[1];
    if (folder === undefined) continue;
    const readme = `${folder}/README.md`;
    texts.set(readme, tryRender(readme, await read(readme), await read(file)));
  }
  return texts;
}

function tryRender(path: string, readme: string, actionFile: string): string {
  try {
    return renderReadme(readme, actionFile);
  } catch (error) {
    throw new Error(`${path}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}
