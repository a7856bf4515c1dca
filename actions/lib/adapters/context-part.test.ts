import { chmod, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { file, fillContext } from "./context-part.ts";

test.each([
  [0o600, 0o644],
  [0o664, 0o644],
  [0o700, 0o755],
  [0o775, 0o755],
])("a file that its checkout has as %o goes in as %o, whoever checked out", async (own, expected) => {
  const folder = await temporaryFolder();
  const source = join(folder, "source");
  await writeFile(source, "x");
  await chmod(source, own);
  const part = file(source, "deep/target");
  await fillContext(join(folder, "context"), [part]);
  expect((await stat(join(folder, "context/deep/target"))).mode & 0o777).toBe(expected);
  const identity = await part.identity();
  await chmod(source, expected);
  expect(await part.identity()).toBe(identity);
});
