import { join } from "node:path";
import { expect, test } from "vitest";
import { preparePython } from "../../../scripts/setup/python.ts";
import { formatFinding } from "../domain/finding.ts";
import { templateFiles } from "../testing/template-files.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { writeFiles } from "../testing/write-files.ts";
import { pipelineLoader } from "./pipeline-loader.ts";

const repository = join(import.meta.dirname, "../../..");
const program = join(repository, "scripts/validate/load_pipelines.py");
const lock = join(repository, "pipelines/runtime/requirements.lock");
const python = async (): Promise<string> => (await preparePython({ oldest: "3.11" })).python;

const pipeline = (name: string, ...hooks: string[]) => ({
  name,
  file: `pipelines/${name}/pipeline.yaml`,
  python: hooks.map((hook) => `pipelines/${name}/silver/${hook}.py`),
  hooks: [{ file: `pipelines/${name}/silver/good.py`, function: "clean" }],
});

test("Python that does not compile or import, and DAGs that do not load, are told at their lines", async () => {
  const files = await templateFiles(["pipelines/runtime/wavehouse", "pipelines/pipeline.schema.json"]);
  const text = new TextDecoder().decode(files["pipelines/breweries/pipeline.yaml"]);
  const root = await temporaryFolder();
  await writeFiles(root, {
    ...files,
    "pipelines/breweries/silver/good.py": "import json\nprint('said at import')\n",
    "pipelines/breweries/silver/broken.py": "import json\n\ndef hook(:\n    pass\n",
    "pipelines/breweries/silver/lacking.py": "import json\nimport no_such_package\n",
    "pipelines/breweries/silver/leaving.py": "raise SystemExit(3)\n",
    "pipelines/ales/pipeline.yaml": text,
  });
  const loader = pipelineLoader({ root, program, lock, python });
  const wanted = [pipeline("breweries", "good", "broken", "lacking", "leaving"), pipeline("ales")];
  const found = (await loader.load(wanted)).map(formatFinding).sort();
  expect(found).toEqual([
    expect.stringMatching(
      /^pipelines\/ales\/pipeline\.yaml:1:1: error: pipelines\/ales\/pipeline\.yaml: metadata\.name is breweries, but the folder is ales;.+\[pipeline\/dag\]$/,
    ),
    expect.stringMatching(
      /^pipelines\/breweries\/silver\/broken\.py:3:\d+: error: invalid syntax.*\[python\/syntax\]$/,
    ),
    expect.stringContaining("silver/good.py:1:1: error: there is no function `clean`; "),
    expect.stringMatching(
      /lacking\.py:2:1: error: ModuleNotFoundError: No module named 'no_such_package';.+\[python\/import\]$/,
    ),
    expect.stringMatching(/leaving\.py:1:1: error: SystemExit: 3;.+\[python\/import\]$/),
  ]);
}, 300_000);

test("what cannot load anything is never a success", async () => {
  const root = await temporaryFolder();
  const loader = (file: string, more = {}) =>
    pipelineLoader({ root, program, lock, python: async () => file, ...more });
  await expect(loader("/bin/true").load([pipeline("a")])).rejects.toThrow("wrote no report");
  await expect(loader("/bin/false").load([pipeline("a")])).rejects.toThrow("exited with 1");
  await expect(loader("/no/python").load([pipeline("a")])).rejects.toThrow("was not found");
  await expect(loader("/x", { lock: "/no/lock" }).key()).rejects.toThrow("/no/lock cannot be read");
  expect(await loader("/no/python").load([])).toEqual([]);
});
