import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { PIPELINE_TYPE, renderPipelineType } from "./generate-types.ts";

const ROOT = join(import.meta.dirname, "..");

test("the committed type is the one the schema gives", async () => {
  expect(await readFile(join(ROOT, PIPELINE_TYPE), "utf8")).toBe(await renderPipelineType(ROOT));
});
