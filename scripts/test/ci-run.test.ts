import { execFile } from "node:child_process";
import { chmod, copyFile, mkdir, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder } from "../../actions/lib/testing/temporary-folder.ts";
import { repositoryRoot } from "../setup/repository.ts";

/** Runs `.ci/run` in a checkout that is empty but for it, with an `npm` that does as the case says. */
async function run(npm: {
  test: string;
  demo?: string;
  e2e?: string;
}): Promise<{ code: number; lines: string[] }> {
  const folder = await temporaryFolder();
  const checkout = join(folder, "checkout");
  await mkdir(join(checkout, ".ci"), { recursive: true });
  await mkdir(join(folder, "bin"));
  await copyFile(join(repositoryRoot, ".ci/run"), join(checkout, ".ci/run"));
  const stub = `#!/usr/bin/env bash\necho "npm $* CI=$CI in $PWD"
case "$*" in
test) ${npm.test} ;;
"run check-demo "*) ${npm.demo ?? "exit 9"} ;;
"run e2e"*) ${npm.e2e ?? 'echo "0 passed, 0 failed"'} ;;
esac
`;
  await writeFile(join(folder, "bin/npm"), stub);
  await chmod(join(folder, "bin/npm"), 0o755);
  if (npm.demo !== undefined) {
    await mkdir(join(folder, "shared/data/breweries"), { recursive: true });
    await writeFile(join(folder, "shared/data/breweries/breweries.csv"), "id\n");
  }
  const env = { ...process.env, CI: "", PATH: `${join(folder, "bin")}${delimiter}${process.env.PATH}` };
  return new Promise((resolve) => {
    const child = execFile(join(checkout, ".ci/run"), { cwd: "/", env }, (_, stdout) => {
      const text = stdout.replaceAll(checkout, "CHECKOUT");
      resolve({ code: child.exitCode ?? -1, lines: text.trim().split("\n") });
    });
  });
}

test("without real records it is the tests and the cluster, in the checkout, with CI set", async () => {
  const { code, lines } = await run({
    test: 'echo "12 passed, 0 failed"',
    e2e: 'echo "30 passed, 0 failed"',
  });
  expect(lines).toEqual([
    "npm test CI=true in CHECKOUT",
    "12 passed, 0 failed",
    "npm run e2e -- --minutes 80 CI=true in CHECKOUT",
    "30 passed, 0 failed",
    "42 passed, 0 failed",
  ]);
  expect(code).toBe(0);
});

test("with them the demo and the cluster run on them, and all are summed", async () => {
  const { code, lines } = await run({
    test: 'echo "12 passed, 0 failed"',
    demo: 'echo "1 passed, 5 failed early"; echo "8 passed, 0 failed"; echo done',
    e2e: 'echo "0 passed, 0 failed"',
  });
  const csv = "../shared/data/breweries/breweries.csv";
  expect(lines).toContain(`npm run check-demo -- ${csv} CI=true in CHECKOUT`);
  expect(lines).toContain(`npm run e2e -- --minutes 80 --source ${csv} CI=true in CHECKOUT`);
  expect(lines.at(-1)).toBe("20 passed, 0 failed");
  expect(code).toBe(0);
});

test.each([
  ["failed tests", { test: 'echo "3 passed, 2 failed"; exit 1' }, "3 passed, 2 failed"],
  ["tests that end without a word", { test: "exit 0" }, "0 passed, 1 failed"],
  [
    "tests that crash after their last line",
    { test: 'echo "3 passed, 0 failed"; exit 134' },
    "3 passed, 1 failed",
  ],
  [
    "a demo that fails, after good tests",
    { test: 'echo "3 passed, 0 failed"', demo: "echo boom >&2; exit 1" },
    "3 passed, 1 failed",
  ],
  [
    "a cluster that fails, after good tests and a good demo",
    {
      test: 'echo "3 passed, 0 failed"',
      demo: 'echo "8 passed, 0 failed"',
      e2e: 'echo "2 passed, 1 failed"; exit 1',
    },
    "13 passed, 1 failed",
  ],
  [
    "failed tests, before a good demo",
    { test: 'echo "3 passed, 1 failed"; exit 1', demo: 'echo "8 passed, 0 failed"' },
    "11 passed, 1 failed",
  ],
])("%s fail it", async (_, npm, last) => {
  const { code, lines } = await run(npm);
  expect(lines.at(-1)).toBe(last);
  expect(code).toBe(1);
});
