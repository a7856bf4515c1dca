import { execFile } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { builtFrom, deliveredRepository } from "../../actions/lib/testing/delivered-repository.ts";
import { recordedDeliveries } from "../../actions/lib/testing/recorded-deliveries.ts";
import { repositoryRoot } from "../setup/repository.ts";

function call(
  script: string,
  args: string[],
  cwd: string,
  env: NodeJS.ProcessEnv = process.env,
): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [join(repositoryRoot, "scripts", script), ...args],
      { cwd, env },
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

test("deliveries tells what the store knows, and the others take their times from it", {
  timeout: 60_000,
}, async () => {
  const at = await deliveredRepository(["local", "prod"]);
  const { s3, record } = await recordedDeliveries();
  const images = ["a", "b"].map((name) => ({ name, reference: builtFrom(name, 1).reference }));
  const commits: string[] = [];
  for (const of of [1, 2]) {
    const sourceCommit = await at.merge(`Change ${of}`);
    commits.push(await at.bump("local", of));
    const time = `2025-0${of}-01T00:00:00Z`;
    await record(commits.at(-1) ?? "", { time, sourceCommit, images, moved: ["a"], runs: images });
  }
  const [first = "", second = ""] = commits;
  const env = {
    ...process.env,
    WAVEHOUSE_RECORDS_BUCKET: "records",
    WAVEHOUSE_RECORDS_ENDPOINT: s3.options.endpoint,
    AWS_ACCESS_KEY_ID: s3.options.credentials?.accessKeyId,
    AWS_SECRET_ACCESS_KEY: s3.options.credentials?.secretAccessKey,
  };
  const deliveries = (...args: string[]) => call("deliveries.ts", args, at.root, env);
  const line = (of: number, commit: string): string =>
    `2025-0${of}-01T00:00:00Z  ${commit.slice(0, 12)}  of ${at.sources[of - 1]?.slice(0, 12)}  a\n`;
  expect(await deliveries("local")).toMatchObject({ code: 0, stdout: line(2, second) + line(1, first) });
  expect((await deliveries("local", "--limit", "1")).stdout).toBe(line(2, second));
  for (const wanted of ["2025-01-31T23:59Z", first.slice(0, 8)]) {
    const { stdout } = await deliveries("local", "--at", wanted);
    expect(stdout).toContain(`local since 2025-01-01T00:00:00Z\ncommit     ${first}\n`);
    expect(stdout).toContain(`  * a  ${images[0]?.reference}\n    b  ${images[1]?.reference}\n`);
    expect(stdout).toContain(
      `files below deliveries/local/${first}/files/\n    manifests/local.yaml  6 bytes`,
    );
  }
  const refused: [string[], string][] = [
    [
      ["locla"],
      "Input `environment` is `locla`, but overlays/locla has no kustomization; did you mean `local`?",
    ],
    [["prod"], "Nothing was delivered to prod, as far as the store knows: nothing at all."],
    [
      ["local", "--at", "2024-01-01T00:00Z"],
      "Nothing was delivered to local at 2024-01-01T00:00Z, as far as",
    ],
    [["local", "--limit", "all"], '--limit is "all"; expected a number'],
    [["local", "--bucket", "other"], "cannot list deliveries/local/index/ of http://127.0.0.1:"],
    [
      ["local", "--bucket", ""],
      "No store of records is named; give --bucket, or set WAVEHOUSE_RECORDS_BUCKET.",
    ],
  ];
  for (const [args, message] of refused) {
    const { code, stdout, stderr } = await deliveries(...args);
    expect({ code, stdout }, stderr).toEqual({ code: 1, stdout: "" });
    expect(stderr).toContain(`error: ${message}`);
    expect(stderr).not.toContain("    at ");
  }
  const back = await call("roll-back.ts", ["local", "--to", "2025-01-31T23:59Z"], at.root, env);
  expect(back.code, back.stderr).toBe(0);
  expect(back.stderr + back.stdout).toContain("by its record.");
  expect(await at.tags("local")).toBe("a:t1 b:t1");
  await s3.stop();
  expect((await deliveries("local")).stderr).toMatch(/^error: cannot list .*ECONNREFUSED/m);
});
