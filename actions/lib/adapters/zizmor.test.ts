import { join } from "node:path";
import { expect, test } from "vitest";
import { preparePython } from "../../../scripts/setup/python.ts";
import { formatFinding } from "../domain/finding.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { writeFiles } from "../testing/write-files.ts";
import { zizmor } from "./zizmor.ts";

const FILE = ".github/workflows/a.yml";
const program = async (): Promise<string> => join((await preparePython({ oldest: "3.11" })).bin, "zizmor");

const workflow = (step: string): string =>
  `name: A\non: push\npermissions: {}\nconcurrency: {group: a, cancel-in-progress: true}\njobs:\n  a:\n    name: A\n    runs-on: ubuntu-latest\n    steps:\n      - name: Say\n        run: ${step}\n`;

test("what endangers a workflow is told at its line, and nothing of a safe one", async () => {
  const folder = await temporaryFolder();
  const files = {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is GitHub's.
    [FILE]: workflow("echo ${{ github.head_ref }}"),
    ".github/workflows/b.yml": workflow("true"),
  };
  await writeFiles(folder, files);
  const found = await zizmor(folder, program).check(Object.keys(files));
  expect(found.map(formatFinding)).toEqual([
    expect.stringMatching(
      /^\.github\/workflows\/a\.yml:11:\d+: error: .+ \(template-injection\); see https:.+ \[workflow\/zizmor\]$/,
    ),
  ]);
  await writeFiles(folder, { ".github/zizmor.yml": "rules: { template-injection: { disable: true } }\n" });
  expect(await zizmor(folder, program).check([FILE])).toEqual([]);
}, 300_000);

test("a program that says nothing, or dies, is never a success", async () => {
  await expect(zizmor("/", async () => "/bin/true").check([FILE])).rejects.toThrow("wrote no report");
  await expect(zizmor("/", async () => "/bin/false").check([FILE])).rejects.toThrow("exited with 1");
  await expect(zizmor("/", async () => "/no/zizmor").check([FILE])).rejects.toThrow("was not found");
  expect(await zizmor("/", async () => "/no/zizmor").check([])).toEqual([]);
});
