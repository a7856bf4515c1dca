import { join } from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { toolsFolder, workspaceFolder } from "./places.ts";

afterEach(() => vi.unstubAllEnvs());

const root = join(import.meta.dirname, "../../..");

test("the tools are found from the sources and from as deep as a bundle lies", () => {
  expect(toolsFolder()).toBe(join(root, "scripts/tools"));
  expect(toolsFolder(join(root, "actions/dist/build-images"))).toBe(join(root, "scripts/tools"));
});

test("a copy without the tools says what is missing", async () => {
  const folder = await temporaryFolder();
  expect(() => toolsFolder(folder)).toThrow(`no folder above ${folder} holds scripts/tools`);
});

test("the workspace is the runner's, or the current folder", () => {
  vi.stubEnv("GITHUB_WORKSPACE", "/runner/work");
  expect(workspaceFolder()).toBe("/runner/work");
  vi.stubEnv("GITHUB_WORKSPACE", "");
  expect(workspaceFolder()).toBe(process.cwd());
});
