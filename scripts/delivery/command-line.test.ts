import { execFile } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { deliveredRepository } from "../../actions/lib/testing/delivered-repository.ts";
import { repositoryRoot } from "../setup/repository.ts";

function call(
  script: string,
  args: string[],
  cwd: string,
): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [join(repositoryRoot, "scripts", script), ...args],
      { cwd },
      (_error, stdout, stderr) => resolve({ code: child.exitCode ?? 1, stdout, stderr }),
    );
  });
}

test("promote and roll-back do on a laptop what they do in a workflow", async () => {
  const at = await deliveredRepository(["dev", "prod"]);
  for (const of of [1, 2]) {
    await at.merge(`Change ${of}`);
    await at.bump("dev", of);
  }
  const unknown = await call("promote.ts", ["dev", "prod"], at.root);
  expect(unknown.stderr).toMatch(/nothing tells that dev is healthy .*--context/);
  const promoted = await call("promote.ts", ["dev", "prod", "--unproved"], at.root);
  expect(promoted).toMatchObject({ code: 0, stdout: `${await at.git("rev-parse", "HEAD")}\n` });
  expect(await at.tags("prod")).toBe("a:t2 b:t2");
  const back = await call("roll-back.ts", ["dev"], at.root);
  expect(back.code, back.stderr).toBe(0);
  expect(await at.tags("dev")).toBe("a:t1 b:t1");
  const refused = await call("promote.ts", ["dev", "prod", "--unproved"], at.root);
  expect(refused.code).toBe(1);
  expect(refused.stderr).toMatch(/^error: Nothing was promoted to prod:\na: prod is ahead;/m);
  expect((await call("roll-back.ts", [], at.root)).stdout).toContain("Usage: npm run roll-back");
});
