import { mkdtemp, readdir, readFile, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { connectValidation } from "../lib/adapters/connect-validation.ts";
import { formatFinding } from "../lib/domain/finding.ts";
import { parseRendered } from "../lib/domain/rendered-objects.ts";
import type { Workspace } from "../lib/ports/workspace.ts";
import { memoryWorkspace } from "../lib/testing/memory-workspace.ts";
import { silentLogger } from "../lib/testing/silent-logger.ts";
import { templateFiles } from "../lib/testing/template-files.ts";
import { temporaryFolder } from "../lib/testing/temporary-folder.ts";
import { writeFiles } from "../lib/testing/write-files.ts";
import { type Ports, run } from "./run.ts";

const PIPELINE = "pipelines/breweries/pipeline.yaml";
const root = join(import.meta.dirname, "../..");
const fixtures = join(root, "actions/lib/testing/fixtures/invalid");
const toolsDir = join(root, "scripts/tools");

/** Files by path. */
type Files = Record<string, Uint8Array>;

async function readFolder(folder: string): Promise<Files> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const read = paths.map(async (path) => [relative(folder, path), await readFile(path)] as const);
  return Object.fromEntries(await Promise.all(read));
}

async function told(ports: Ports): Promise<string[]> {
  const { annotations } = await run({ fix: false }, ports);
  return annotations.filter(({ severity }) => severity !== "notice").map(formatFinding);
}

const valid = await templateFiles();
/** Mistakes in pipelines leave what is rendered as it is, so one render serves them all. */
const streams = new Map<string, string>();

function recorded(files: Files, workspace: Workspace = memoryWorkspace(files)): Ports {
  return {
    workspace,
    renderer: { render: async (folder) => streams.get(folder) ?? "" },
    validator: { validate: async (stream) => ({ checked: parseRendered(stream).length, problems: [] }) },
    logger: silentLogger(),
  };
}

async function real(folder: string, files: Files): Promise<ReturnType<typeof connectValidation>> {
  await writeFiles(folder, files);
  return connectValidation(folder, toolsDir);
}

beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), "wavehouse-"));
  const { renderer, ...ports } = await real(folder, valid);
  const render = async (path: string): Promise<string> => {
    const stream = await renderer.render(path);
    streams.set(path, stream);
    return stream;
  };
  const result = await run({ fix: false }, { ...ports, renderer: { render }, logger: silentLogger() });
  await rm(folder, { recursive: true });
  expect(result.annotations.filter(({ severity }) => severity !== "notice").map(formatFinding)).toEqual([]);
}, 600_000);

describe("each mistake gets the message that its fixture says", async () => {
  test.each(await readdir(fixtures))("%s", async (name) => {
    const { "expected.txt": _, ...wrong } = await readFolder(join(fixtures, name));
    const files = { ...valid, ...wrong };
    const inPipelines = Object.keys(wrong).every((path) => path.startsWith("pipelines/"));
    const ports = inPipelines
      ? recorded(files)
      : { ...(await real(await temporaryFolder(), files)), logger: silentLogger() };
    const found = await told(ports);
    expect(found).not.toEqual([]);
    await expect(`${found.join("\n")}\n`).toMatchFileSnapshot(join(fixtures, name, "expected.txt"));
  });
});

test("a file of 50 MB is refused by its size, at once", async () => {
  const large = { [PIPELINE]: Buffer.alloc(50_000_000, "- a\n") };
  const start = performance.now();
  expect(await told(recorded({ ...valid, ...large }))).toEqual([
    `${PIPELINE}:1:1: error: the file has 50,000,000 bytes and was not read; expected at most 1,048,576; keep data out of it, or split the pipeline in two [file/too-large]`,
  ]);
  expect(performance.now() - start).toBeLessThan(2000);
});

test("a link out of the repository is not followed", async () => {
  const folder = await temporaryFolder();
  const { workspace } = await real(folder, valid);
  const link = "pipelines/breweries/gold/zero.sql";
  await symlink("/dev/zero", join(folder, link));
  expect(await told(recorded(valid, workspace))).toEqual([
    `${link}:1:1: error: a symbolic link is not followed; expected a file; put the file itself here [file/symlink]`,
  ]);
});
