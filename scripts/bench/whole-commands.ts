import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";

/** One whole command, as a user would run it. */
export interface CommandTime {
  /** From start to end, wall clock. */
  seconds: number;
  /** The peak that the demo printed of all its processes together; NaN where it printed none. */
  peakMiB: number;
}

/**
 * Runs one of the repository's npm scripts in a clone and times it.
 *
 * @param folder the clone
 * @param script its name
 * @param args what follows `--`
 * @param env added to the environment
 * @throws Error with the end of its output when it fails: a figure of a failure is worth nothing
 */
export function timeScript(
  folder: string,
  script: string,
  args: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): CommandTime {
  const started = performance.now();
  const ended = spawnSync("npm", ["run", script, ...(args.length === 0 ? [] : ["--", ...args])], {
    cwd: folder,
    encoding: "utf8",
    env: { ...process.env, ...env },
    maxBuffer: 64 * 1024 * 1024,
  });
  const seconds = (performance.now() - started) / 1000;
  if (ended.status !== 0) {
    const output = `${ended.stdout}\n${ended.stderr}`.split("\n").slice(-40).join("\n");
    throw new Error(`npm run ${script} ended with status ${ended.status}:\n${output}`);
  }
  const peak = /peak memory of everything together: (\d+) MiB/.exec(ended.stdout)?.[1];
  return { seconds, peakMiB: Number(peak ?? Number.NaN) };
}

/**
 * The environment in which every cache that the commands use is empty.
 *
 * @param folder an empty folder for the caches
 */
export function emptyCaches(folder: string): Record<string, string> {
  const at = (name: string): string => {
    const path = join(folder, name);
    mkdirSync(path, { recursive: true });
    return path;
  };
  return {
    WAVEHOUSE_CACHE: at("wavehouse"),
    npm_config_cache: at("npm"),
    PIP_CACHE_DIR: at("pip"),
    UV_CACHE_DIR: at("uv"),
    GOMODCACHE: at("go-modules"),
    GOCACHE: at("go-build"),
    // Module files are read-only by default, and could then not be removed.
    GOFLAGS: "-modcacherw",
    MAVEN_OPTS: `-Dmaven.repo.local=${at("maven")}`,
  };
}
