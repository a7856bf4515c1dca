import { readdir, readFile, symlink } from "node:fs/promises";
import { join, relative } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { gitWorkspace } from "../lib/adapters/git-workspace.ts";
import { formatFinding } from "../lib/domain/finding.ts";
import { CorpusRepository, type Files } from "../lib/testing/corpus/corpus-repository.ts";
import { temporaryFolder } from "../lib/testing/temporary-folder.ts";
import { writeFiles } from "../lib/testing/write-files.ts";
import { type Ports, run } from "./run.ts";

const PIPELINE = "pipelines/breweries/pipeline.yaml";
const fixtures = join(import.meta.dirname, "../lib/testing/fixtures/invalid");

async function readFolder(folder: string): Promise<Record<string, Uint8Array>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const read = paths.map(async (path) => [relative(folder, path), await readFile(path)] as const);
  return Object.fromEntries(await Promise.all(read));
}

async function told(ports: Ports): Promise<string[]> {
  const { annotations } = await run({ fix: false }, ports);
  return annotations.filter(({ severity }) => severity !== "notice").map(formatFinding);
}

const repository = await CorpusRepository.create();
const toldOf = (changes: Files): Promise<string[]> => repository.changed(changes, told);

beforeAll(async () => {
  expect(await told(repository.ports())).toEqual([]);
}, 600_000);

afterAll(() => repository.remove());

describe("each mistake gets the message that its fixture says", async () => {
  test.each(await readdir(fixtures))("%s", async (name) => {
    const { "expected.txt": _, ...wrong } = await readFolder(join(fixtures, name));
    const found = await toldOf(wrong);
    expect(found).not.toEqual([]);
    await expect(`${found.join("\n")}\n`).toMatchFileSnapshot(join(fixtures, name, "expected.txt"));
  });
});

test("a file of 50 MB is refused by its size, as soon as one of 2 MB", async () => {
  const refuse = async (bytes: number, said: string): Promise<number> => {
    const start = performance.now();
    expect(await toldOf({ [PIPELINE]: Buffer.alloc(bytes, "- a\n") })).toEqual([
      `${PIPELINE}:1:1: error: the file has ${said} bytes and was not read; expected at most 1,048,576; keep data out of it, or split the pipeline in two [file/too-large]`,
    ]);
    return performance.now() - start;
  };
  const small = await refuse(2_000_000, "2,000,000");
  expect(await refuse(50_000_000, "50,000,000")).toBeLessThan(3 * small + 500);
});

test.each([
  ["a file", "pipelines/breweries/gold/zero.sql", "/dev/zero"],
  ["a manifest", "manifests/database/postgres/zero.yaml", "/dev/zero"],
  ["a folder", "manifests/database/elsewhere", "/"],
])("a link out of the repository is not followed: %s", async (_, link, target) => {
  const folder = await temporaryFolder();
  await writeFiles(folder, repository.files);
  await symlink(target, join(folder, link));
  const ports = repository.ports();
  const { list, read } = gitWorkspace(folder);
  const contentIds = async (): Promise<Map<string, string>> =>
    new Map([...((await ports.workspace.contentIds?.()) ?? []), [link, "120000 link"]]);
  expect(await told({ ...ports, workspace: { ...ports.workspace, list, read, contentIds } })).toEqual([
    `${link}:1:1: error: a symbolic link is not followed; expected a file; put the file itself here [file/symlink]`,
  ]);
});
