import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Where one checkout's demo keeps what it makes, outside the checkout. */
export interface DemoFolders {
  root: string;
  scratch: string;
  registry: string;
  store: string;
  images: string;
  airflow: string;
  rendered: string;
}

/** What the last finished run delivered, so that an unchanged demo can say so. */
export interface LastRun {
  /** The scratch copy's commit that ran, bump included. */
  commit: string;
  partition: string;
  runId: string;
}

/**
 * @param cache the cache root
 * @param checkout the checkout whose demo it is; another clone has folders of its own
 */
export function demoFolders(cache: string, checkout: string): DemoFolders {
  const key = createHash("sha256").update(checkout).digest("hex").slice(0, 12);
  const root = join(cache, "demo", key);
  const at = (name: string) => join(root, name);
  return {
    root,
    scratch: at("repository"),
    registry: at("registry"),
    store: at("store"),
    images: at("images"),
    airflow: at("airflow"),
    rendered: at("rendered-local.yaml"),
  };
}

/** Reads what the last finished run was; `undefined` when there was none. */
export function readLastRun(folders: DemoFolders): LastRun | undefined {
  const file = lastRunFile(folders);
  if (!existsSync(file)) return undefined;
  try {
    return JSON.parse(readFileSync(file, "utf8")) as LastRun;
  } catch {
    // A file cut off by a full disk only means that the data runs once more.
    return undefined;
  }
}

/** Notes a finished run; written whole or not at all. */
export function writeLastRun(folders: DemoFolders, run: LastRun): void {
  mkdirSync(folders.root, { recursive: true });
  const temporary = `${lastRunFile(folders)}.new`;
  writeFileSync(temporary, `${JSON.stringify(run, null, 2)}\n`);
  renameSync(temporary, lastRunFile(folders));
}

/** Removes all that earlier demos of this checkout left. */
export function forget(folders: DemoFolders): void {
  rmSync(folders.root, { recursive: true, force: true });
}

/**
 * Empties the store when it holds the records of another source: a table of both would tell neither.
 *
 * @param source what the records to be read are told by
 */
export function claimStore(folders: DemoFolders, source: string): void {
  const file = join(folders.root, "source");
  mkdirSync(folders.root, { recursive: true });
  if (existsSync(file) && readFileSync(file, "utf8") === source) return;
  rmSync(lastRunFile(folders), { force: true });
  rmSync(folders.store, { recursive: true, force: true });
  writeFileSync(file, source);
}

function lastRunFile(folders: DemoFolders): string {
  return join(folders.root, "last-run.json");
}
