import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { goEnvironment, type ToolOptions } from "./go-environment.ts";
import { parseGoMod } from "./parse-go-mod.ts";
import { type ProcessResult, runProcess } from "./run-process.ts";
import { ToolError } from "./tool-error.ts";

/**
 * Finds the files of a pinned Go module that carries data, downloading it when it is not in Go's own cache. Go
 * checks what it downloads against the module's `go.sum`; that the sum it tells is the pinned one is checked here
 * once more, because Go asks its public database instead of failing where `go.sum` has no line.
 *
 * @param name the module's folder in `toolsDir`
 * @returns the absolute path of the module's read-only files
 * @throws ToolError without Go, without the network on the first use, or when the checksum differs
 */
export async function goModuleDir(name: string, options: ToolOptions): Promise<string> {
  const folder = join(options.toolsDir, name);
  const [mod, sums] = await Promise.all(
    ["go.mod", "go.sum"].map((file) => readFile(join(folder, file), "utf8")),
  );
  const { module, version } = parseGoMod(mod ?? "");
  const pinned = (sums ?? "").split("\n").find((line) => line.startsWith(`${module} ${version} `));
  const sum = pinned?.split(" ")[2];
  if (sum === undefined) throw new ToolError(`${folder}/go.sum has no checksum of ${module} ${version}`);
  const downloaded = await download(folder, `${module}@${version}`, options.env ?? process.env);
  if (downloaded.Sum !== sum) {
    throw new ToolError(
      `${module} ${version} has the checksum ${downloaded.Sum}, and ${folder}/go.sum pins ${sum}: do not use it; ` +
        "run `go clean -modcache` and try again, and if it persists, find out who changed it",
    );
  }
  return downloaded.Dir;
}

async function download(
  folder: string,
  module: string,
  env: NodeJS.ProcessEnv,
): Promise<{ Dir: string; Sum: string }> {
  let result: ProcessResult;
  try {
    result = await runProcess("go", ["mod", "download", "-json", module], {
      cwd: folder,
      env: goEnvironment(env),
      timeoutMs: 5 * 60_000,
    });
  } catch (error) {
    throw new ToolError(`Go is needed to fetch ${module} and is not on PATH: install Go 1.26 or later`, {
      cause: error,
    });
  }
  const output = result.stdout.toString("utf8");
  if (result.code !== 0) {
    const told = /"Error": "(.*)"/.exec(output)?.[1] ?? result.stderr.trim();
    throw new ToolError(`${module} cannot be fetched (network, or GOPROXY?): ${told.slice(0, 2000)}`);
  }
  return JSON.parse(output);
}
