import { join } from "node:path";
import { expect, test } from "vitest";
import { formatFinding } from "../domain/finding.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { writeFiles } from "../testing/write-files.ts";
import { actionlint } from "./actionlint.ts";

const toolsDir = join(import.meta.dirname, "../../../scripts/tools");
const FILE = ".github/workflows/a.yml";

async function said(workflow: string): Promise<string[]> {
  const folder = await temporaryFolder();
  await writeFiles(folder, { [FILE]: workflow });
  return (await actionlint(folder, toolsDir).check([FILE])).map(formatFinding);
}

const job = (step: string): string =>
  `on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - run: ${step}\n`;

test("what is wrong with a workflow is told at its line, and nothing of a right one", async () => {
  expect(await said(job("true"))).toEqual([]);
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it is GitHub's.
  expect(await said(job("echo ${{ github.even }}"))).toEqual([
    expect.stringMatching(
      /^\.github\/workflows\/a\.yml:6:23: error: property "even" is not defined .+ \[workflow\/actionlint\]$/,
    ),
  ]);
});

test("without workflows nothing is started", async () => {
  expect(await actionlint("/nowhere", "/nowhere").check([])).toEqual([]);
});
