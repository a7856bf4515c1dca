import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { access, readFile } from "node:fs/promises";
import { basename, delimiter, isAbsolute, join, sep } from "node:path";
import { buildOnce } from "./build-once.ts";
import { cacheRoot } from "./cache-root.ts";
import { goEnvironment, type ToolOptions } from "./go-environment.ts";
import { goModuleDir } from "./go-module-dir.ts";
import { withOverlaidModule } from "./overlaid-go-module.ts";
import { type PinnedModule, parseGoMod } from "./parse-go-mod.ts";
import { readGoOverlay } from "./read-go-overlay.ts";
import { type ProcessResult, runProcess } from "./run-process.ts";
import { ToolError } from "./tool-error.ts";

/** Changes when the flags below do, so that old builds are not taken for new ones. */
const buildFlags = ["-mod=readonly", "-trimpath", "-buildvcs=false"] as const;
const linkFlags = "-ldflags=-s -w";
/** Kubernetes' six commands take five minutes on two idle cores. */
const buildTimeoutMs = 30 * 60_000;
/** A build leaves the machine usable. */
const buildNiceness = 10;

/** How each tool is asked for its version. */
const versionArguments: Record<string, readonly string[]> = {
  act: ["--version"],
  actionlint: ["-version"],
  kubeconform: ["-v"],
};

/**
 * Finds a pinned tool: the cached build of the pinned version, else a build from its Go module (checked against
 * `go.sum`), else the one on PATH if it is that very version. A cached build costs no process.
 *
 * @param path the tool's folder in `toolsDir`, which is also its program's name; for a folder with several `tool`
 *   lines `folder/program`, where the first that is asked for builds them all
 * @returns the program's absolute path
 * @throws ToolError when it can be had in none of these ways; it says what to install
 */
export async function resolveGoTool(path: string, options: ToolOptions): Promise<string> {
  const env = options.env ?? process.env;
  const [tool = "", name = tool] = path.split("/");
  const source = await readToolModule(tool, options.toolsDir);
  const root = options.cacheDir ?? cacheRoot(env);
  const target = join(root, "tools", `${tool}-${source.pin.version}-${source.key}`);
  const program = join(target, name);
  if (await isExecutable(program)) return program;
  checkIsPinned(tool, name, source);
  const failure = await tryBuild(tool, source, target, options);
  if (failure === undefined) return program;
  const onPath = await findOnPath(name, source.pin.version, env);
  if (onPath.path !== undefined) return onPath.path;
  const found =
    onPath.others.length === 0 ? `no ${name} on PATH` : `on PATH only ${onPath.others.join(", ")}`;
  throw new ToolError(
    `${name} ${source.pin.version} is not here: no build of it in ${root}; ${failure}; ${found}. ` +
      `Install Go ${source.pin.go} or later (the tool is then built from its checksummed module), ` +
      `or put ${name} ${source.pin.version} on PATH.`,
  );
}

interface ToolModule {
  folder: string;
  pin: PinnedModule;
  overlay: ReadonlyMap<string, string>;
  key: string;
}

async function readToolModule(name: string, toolsDir: string): Promise<ToolModule> {
  const folder = join(toolsDir, name);
  const [mod, sum] = await Promise.all(
    ["go.mod", "go.sum"].map((file) =>
      readFile(join(folder, file), "utf8").catch(() => {
        throw new ToolError(
          `${join(folder, file)} cannot be read: ${name} is pinned there, restore it from Git`,
        );
      }),
    ),
  );
  const platform = `${process.platform}/${process.arch}`;
  const overlay = await readGoOverlay(folder);
  const parts = [mod, sum, platform, [...buildFlags, linkFlags], ...(overlay.size > 0 ? [[...overlay]] : [])];
  const key = createHash("sha256").update(JSON.stringify(parts)).digest("hex");
  return { folder, pin: parseGoMod(mod ?? ""), overlay, key: key.slice(0, 16) };
}

function checkIsPinned(tool: string, name: string, { folder, pin }: ToolModule): void {
  if (pin.packages.length === 0) throw new Error(`${folder}/go.mod has no tool line`);
  const names = pin.packages.length === 1 ? [tool] : pin.packages.map((path) => basename(path));
  if (names.includes(name)) return;
  throw new Error(`${folder}/go.mod pins no ${name}; it pins ${names.join(", ")}`);
}

/** Builds into the cache; returns why it could not, or `undefined` when it did. */
async function tryBuild(
  name: string,
  source: ToolModule,
  target: string,
  options: ToolOptions,
): Promise<string | undefined> {
  const { log = logToStderr } = options;
  const started = performance.now();
  const timer = setTimeout(
    () => log(`${name}: building ${source.pin.version} from its Go module (once; it is cached then)`),
    2000,
  );
  const seconds = (): number => (performance.now() - started) / 1000;
  const progress = setInterval(() => log(`${name}: still building after ${seconds().toFixed(0)} s`), 60_000);
  try {
    const built = await buildOnce(target, async (folder) => {
      // Go names several programs itself, after the last part of their paths.
      const output = source.pin.packages.length > 1 ? `${folder}${sep}` : join(folder, name);
      const failure = await build(name, source, output, options);
      if (failure !== undefined) throw new BuildFailure(failure);
    });
    if (built && seconds() > 2) log(`${name}: built in ${seconds().toFixed(1)} s`);
    return undefined;
  } catch (error) {
    if (error instanceof BuildFailure) return error.message;
    throw error;
  } finally {
    clearTimeout(timer);
    clearInterval(progress);
  }
}

class BuildFailure extends Error {}

async function build(
  name: string,
  source: ToolModule,
  output: string,
  options: ToolOptions,
): Promise<string | undefined> {
  const { folder, overlay, pin } = source;
  const env = options.env ?? process.env;
  if (overlay.size === 0) return goBuild(source, output, [], env);
  const overlaid = { folder, module: pin.module, source: await goModuleDir(name, options), overlay };
  return withOverlaidModule(overlaid, (flags) => goBuild(source, output, flags, env));
}

async function goBuild(
  source: ToolModule,
  output: string,
  flags: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<string | undefined> {
  const { packages, variables } = source.pin;
  const link = [linkFlags, ...variables.map((variable) => `-X ${variable}`)].join(" ");
  let result: ProcessResult;
  try {
    result = await runProcess("go", ["build", ...buildFlags, ...flags, link, "-o", output, ...packages], {
      cwd: source.folder,
      env: goEnvironment(env),
      timeoutMs: buildTimeoutMs,
      niceness: buildNiceness,
    });
  } catch (error) {
    return isMissing(error) ? "no Go on PATH" : `Go cannot be started (${String(error)})`;
  }
  if (result.code === 0) return undefined;
  if (result.ended === "timeout") return `\`go build\` took longer than ${buildTimeoutMs / 60_000} minutes`;
  const lines = result.stderr.trim().split("\n").slice(-5).join("\n  ");
  return `\`go build\` failed (${result.signal ?? `exit code ${result.code}`}):\n  ${lines}\n`;
}

async function findOnPath(
  name: string,
  version: string,
  env: NodeJS.ProcessEnv,
): Promise<{ path: string | undefined; others: string[] }> {
  const others: string[] = [];
  for (const folder of (env.PATH ?? "").split(delimiter)) {
    const path = join(folder, name);
    if (!isAbsolute(folder) || !(await isExecutable(path))) continue;
    const found = await versionOf(path, versionArguments[name] ?? ["version"], env);
    if (found === version.replace(/^v/, "")) return { path, others };
    others.push(`${path} (${found ?? "of no version that it would tell"})`);
  }
  return { path: undefined, others };
}

async function versionOf(
  path: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<string | undefined> {
  try {
    const { code, stdout } = await runProcess(path, args, {
      env,
      timeoutMs: 10_000,
      maxOutputBytes: 1 << 20,
    });
    return code === 0 ? /\bv?(\d+\.\d+\.\d+(?:-[\w.]+)?)/.exec(stdout.toString("utf8"))?.[1] : undefined;
  } catch {
    return undefined;
  }
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function logToStderr(line: string): void {
  process.stderr.write(`${line}\n`);
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}
