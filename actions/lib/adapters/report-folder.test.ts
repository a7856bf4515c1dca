import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { UserError } from "../domain/user-error.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { reportFolder } from "./report-folder.ts";

test("files are written to a folder that is made for them, over earlier ones", async () => {
  const folder = join(await temporaryFolder(), "a/b");
  for (const text of ["one, longer", "two"]) {
    expect(await reportFolder(folder).write("x.json", text)).toBe(join(folder, "x.json"));
  }
  expect(await readFile(join(folder, "x.json"), "utf8")).toBe("two");
});

test("a folder that cannot be made is the user's to mend", async () => {
  const file = join(await temporaryFolder(), "file");
  await writeFile(file, "");
  await expect(reportFolder(file).write("x.json", "")).rejects.toThrow(UserError);
});
