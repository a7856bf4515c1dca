import { mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/** @returns a new, empty folder that is removed when the running test ends */
export async function temporaryFolder(): Promise<string> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), "wavehouse-test-")));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}
