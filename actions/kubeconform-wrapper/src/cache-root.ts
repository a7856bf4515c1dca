import { homedir } from "node:os";
import { join, resolve } from "node:path";

/**
 * The folder that every cache lives under, outside any checkout.
 *
 * @param env the environment; `WAVEHOUSE_CACHE` wins, then `XDG_CACHE_HOME/wavehouse`, then `~/.cache/wavehouse`
 * @returns an absolute path; it may not exist yet
 */
export function cacheRoot(env: NodeJS.ProcessEnv = process.env): string {
  if (env.WAVEHOUSE_CACHE) return resolve(env.WAVEHOUSE_CACHE);
  if (env.XDG_CACHE_HOME) return resolve(env.XDG_CACHE_HOME, "wavehouse");
  return join(homedir(), ".cache", "wavehouse");
}
