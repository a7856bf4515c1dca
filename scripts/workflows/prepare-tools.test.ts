import { execFile } from "node:child_process";
import { chmod, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { temporaryFolder } from "../../actions/lib/testing/temporary-folder.ts";
import { repositoryRoot } from "../setup/repository.ts";

/** Runs the step "Check Go" as the runner does, with a Go of that version on PATH, or with none. */
async function checkGo(version: string | undefined): Promise<{ code: number; output: string }> {
  const file = join(repositoryRoot, ".github/actions/prepare-tools/action.yml");
  const { runs } = parse(await readFile(file, "utf8")) as {
    runs: { steps: { name: string; run?: string }[] };
  };
  const script = runs.steps.find(({ name }) => name === "Check Go")?.run ?? "";
  const folder = await temporaryFolder();
  if (version !== undefined) {
    await writeFile(join(folder, "go"), `#!/bin/sh\n[ "$*" = "env GOVERSION" ] && echo "${version}"\n`);
    await chmod(join(folder, "go"), 0o755);
  }
  const args = ["--noprofile", "--norc", "-eo", "pipefail", "-c", script];
  return new Promise((resolve) => {
    const child = execFile("/bin/bash", args, { env: { PATH: folder } }, (_, stdout) =>
      resolve({ code: child.exitCode ?? -1, output: stdout }),
    );
  });
}

test.each(["go1.21.0", "go1.26.8", "go1.27rc1"])("%s will do", async (version) => {
  expect(await checkGo(version)).toEqual({ code: 0, output: `${version}\n` });
});

test.each(["go1.20.14", "go1.9", "devel"])("%s is refused", async (version) => {
  const { code, output } = await checkGo(version);
  expect(code).toBe(1);
  expect(output).toMatch(new RegExp(`^::error::${version} is too old .* install Go 1\\.21 or later\n$`));
});

test("no Go is told", async () => {
  expect(await checkGo(undefined)).toEqual({
    code: 1,
    output: "::error::Go is not on PATH; install Go 1.21 or later on the runner\n",
  });
});
