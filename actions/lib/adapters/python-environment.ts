import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { access, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { buildOnce, cacheRoot } from "kubeconform-wrapper";
import { UserError } from "../domain/user-error.ts";
import { ProcessError, runProcess } from "./process.ts";

/** The prepared Python environment. */
export interface PythonEnvironment {
  /** The interpreter. */
  python: string;
  /** The folder with it and the packages' programs. */
  bin: string;
  /** The folder of the environment. */
  home: string;
}

export interface PythonOptions {
  /** The folder with `requirements.lock` and `uv.lock.txt`. */
  locks: string;
  /** The oldest Python to take, `3.11`; it is also the one that is preferred. */
  oldest: string;
  cacheDir?: string;
  env?: NodeJS.ProcessEnv;
}

/** Goes into the key: to be raised when an environment is made another way. */
const format = 1;
const installTimeoutMs = 15 * 60_000;

/**
 * Makes the Python environment that `requirements.lock` describes, once for each lock and interpreter: a
 * hash-checked uv in an environment of its own, which then installs every package hash-checked.
 *
 * @returns where it is
 * @throws UserError without a fitting Python, without the network on the first use, or when a hash differs
 */
export async function preparePython(options: PythonOptions): Promise<PythonEnvironment> {
  const { locks } = options;
  const root = options.cacheDir ?? cacheRoot(options.env);
  const [interpreter, requirements, uvLock] = await Promise.all([
    findPython(options.oldest, options.env ?? process.env),
    readFile(join(locks, "requirements.lock"), "utf8"),
    readFile(join(locks, "uv.lock.txt"), "utf8"),
  ]);
  const home = join(root, "python", hash([format, requirements, uvLock, interpreter]));
  const environment = { python: join(home, "bin", "python"), bin: join(home, "bin"), home };
  await removeIfBroken(home);
  await buildOnce(
    home,
    async (folder) => {
      const uv = await prepareUv(root, interpreter, uvLock, join(locks, "uv.lock.txt"), options.env);
      await fillWith(uv, folder, interpreter, locks, options.env);
    },
    { relocatable: false },
  );
  return environment;
}

/** An interpreter, as the cache's key needs it. */
interface Interpreter {
  program: string;
  version: string;
}

async function findPython(oldest: string, env: NodeJS.ProcessEnv): Promise<Interpreter> {
  const others: string[] = [];
  for (const name of [`python${oldest}`, "python3", "python", "python3.14", "python3.13", "python3.12"]) {
    const found = await ask(name, env);
    if (found === undefined) continue;
    if (!isAtLeast(found.version, oldest)) others.push(`${found.version} (${found.program})`);
    else if (!found.venv) others.push(`${found.version} (${found.program}), which lacks the venv module`);
    else return { program: found.program, version: found.version };
  }
  throw new UserError(
    `Python ${oldest} or later is needed, with its venv module, and on PATH there is ` +
      `${others.length === 0 ? "none" : `only ${[...new Set(others)].join(", ")}`}. Install it (Debian, Ubuntu: ` +
      `apt install python3 python3-venv; macOS: brew install python@${oldest}).`,
  );
}

async function ask(
  name: string,
  env: NodeJS.ProcessEnv,
): Promise<{ program: string; version: string; venv: boolean } | undefined> {
  // `_base_executable`: an activated environment may vanish, and what was made from it with it.
  const script =
    "import importlib.util as i, json, platform, sys; print(json.dumps({" +
    "'program': getattr(sys, '_base_executable', None) or sys.executable, 'version': platform.python_version(), " +
    "'venv': all(map(i.find_spec, ('venv', 'ensurepip')))}))";
  try {
    const { stdout } = await runProcess({ file: name, args: ["-c", script], env, timeoutMs: 20_000 });
    return JSON.parse(stdout.toString("utf8"));
  } catch (error) {
    if (error instanceof ProcessError || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function isAtLeast(version: string, oldest: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const [wantedMajor = 0, wantedMinor = 0] = oldest.split(".").map(Number);
  return major === wantedMajor && minor >= wantedMinor;
}

/** An environment whose interpreter was uninstalled is made anew. */
async function removeIfBroken(home: string): Promise<void> {
  const usable = await access(join(home, "bin", "python"), constants.X_OK).then(
    () => true,
    () => false,
  );
  if (!usable) await rm(home, { recursive: true, force: true });
}

async function prepareUv(
  root: string,
  interpreter: Interpreter,
  lock: string,
  lockFile: string,
  env: NodeJS.ProcessEnv | undefined,
): Promise<string> {
  const home = join(root, "uv", hash([format, lock, interpreter]));
  await removeIfBroken(home);
  await buildOnce(
    home,
    async (folder) => {
      await must("making a Python environment", interpreter.program, ["-m", "venv", folder], env);
      const pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"];
      const locked = ["--only-binary", ":all:", "--require-hashes", "-r", lockFile];
      await must("installing uv", join(folder, "bin", "python"), [...pip, ...locked], env);
    },
    { relocatable: false },
  );
  return join(home, "bin", "uv");
}

async function fillWith(
  uv: string,
  folder: string,
  interpreter: Interpreter,
  locks: string,
  env: NodeJS.ProcessEnv | undefined,
): Promise<void> {
  const make = [
    "venv",
    "--quiet",
    "--no-project",
    "--allow-existing",
    "--python",
    interpreter.program,
    folder,
  ];
  await must("making a Python environment", uv, make, env);
  // Packages that come as source are built with the locked setuptools, its hash checked too. Compiling now takes
  // four seconds, and saves one and a half at every start of Airflow.
  const checked = [
    "--require-hashes",
    "--build-constraints",
    join(locks, "uv.lock.txt"),
    "--compile-bytecode",
  ];
  // pyspark comes as source only. Its wheel lives for a moment: compressing its 450 MB of jars takes 13 seconds.
  const fast = ["--config-settings-package", "pyspark:--build-option=--compression=stored"];
  const into = ["--python", join(folder, "bin", "python"), join(locks, "requirements.lock")];
  await must(
    "installing requirements.lock",
    uv,
    ["pip", "sync", "--quiet", ...checked, ...fast, ...into],
    env,
  );
}

async function must(
  what: string,
  file: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv | undefined,
): Promise<void> {
  try {
    await runProcess({
      file,
      args,
      env: { ...env, UV_PYTHON_DOWNLOADS: "never" },
      timeoutMs: installTimeoutMs,
    });
  } catch (error) {
    if (!(error instanceof ProcessError)) throw error;
    const said = error.stderr.trim().split("\n").slice(-15).join("\n  ");
    const hint = /hash mismatch|HASHES|do not match the hashes/i.test(said)
      ? "a package is not the one that the lock pins: do not use it, and find out why"
      : "the first time this needs the network (a mirror: pip's and uv's own settings hold)";
    throw new UserError(`${what} failed; ${hint}:\n  ${said === "" ? error.message : said}`, {
      cause: error,
    });
  }
}

function hash(value: unknown): string {
  return createHash("sha256").update(JSON.stringify(value)).digest("hex").slice(0, 16);
}
