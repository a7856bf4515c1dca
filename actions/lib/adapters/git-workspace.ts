import { createHash, randomBytes } from "node:crypto";
import { constants, lstatSync, readFileSync, type Stats } from "node:fs";
import { access, lstat, mkdir, open, readdir, rename, rm, rmdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { settleInParallel } from "../domain/settle-in-parallel.ts";
import { UserError } from "../domain/user-error.ts";
import type { FileEntry, Workspace } from "../ports/workspace.ts";
import { ProcessError, type ProcessOutput, runProcess } from "./process.ts";

/** Folders that are no source even where there is no Git to say so. */
const NEVER_SOURCE = new Set([".git", "node_modules", "__pycache__"]);

/**
 * The repository's files as Git sees them: tracked ones and those it would add, never ignored ones. In a folder
 * that is no Git repository (an unpacked archive) every file counts but those in `.git`, `node_modules` and
 * `__pycache__`.
 *
 * @param root absolute path of the folder that paths count from
 */
export function gitWorkspace(root: string): Workspace {
  let modes: Promise<boolean> | undefined;
  const hasModes = (): Promise<boolean> => {
    modes ??= believesModes(root);
    return modes;
  };
  return {
    list: (prefix) => list(root, prefix, hasModes),
    read: (path) => read(root, path),
    contentIds: () => contentIds(root),
    exists: (path) => exists(root, path),
    apply: (edits) => apply(root, edits),
  };
}

async function list(root: string, prefix: string, hasModes: () => Promise<boolean>): Promise<FileEntry[]> {
  const below = prefix.replace(/\/+$/, "");
  if (below !== "") checkPath(below);
  const [listed, believed] = await Promise.all([listGit(root, below), hasModes()]);
  const modes = listed === undefined || believed ? undefined : await stagedModes(root, below);
  const entries = [...(listed ?? (await walk(root, below)))].map((path): FileEntry | undefined => {
    const stats = lstatSync(join(root, path), { throwIfNoEntry: false });
    // Tracked but deleted in the working tree; or a submodule or nested repository, which is a folder here.
    if (stats === undefined || stats.isDirectory()) return undefined;
    const executable = modes?.get(path) ?? (stats.mode & constants.S_IXUSR) !== 0;
    return {
      path,
      bytes: stats.size,
      executable: executable && stats.isFile(),
      symlink: stats.isSymbolicLink(),
    };
  });
  return entries.filter((entry) => entry !== undefined).sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** @returns `undefined` where there is no Git repository */
async function listGit(root: string, prefix: string): Promise<Set<string> | undefined> {
  try {
    const args = ["ls-files", "-co", "--exclude-standard", "-z", ...pathspecOf(prefix)];
    return new Set(splitPaths((await readGit(root, args)).stdout));
  } catch (error) {
    if (!(error instanceof ProcessError)) throw error;
    if (/not a git repository/.test(error.stderr)) return undefined;
    if (error.failure === "not-found") {
      throw new UserError(`cannot list the files of ${root}: ${error.message}; install Git`, {
        cause: error,
      });
    }
    throw new UserError(`Git cannot list the files of ${root}: ${error.message}`, { cause: error });
  }
}

/** A file system without modes (a Windows drive) shows every file as executable: there Git's index knows. */
async function stagedModes(root: string, prefix: string): Promise<Map<string, boolean>> {
  return parseStaged((await readGit(root, ["ls-files", "-s", "-z", ...pathspecOf(prefix)])).stdout);
}

/** @returns whether the file system can say what is executable */
async function believesModes(root: string): Promise<boolean> {
  const setting = ["config", "--type=bool", "--default=true", "core.fileMode"];
  return readGit(root, setting).then(
    ({ stdout }) => stdout.toString().trim() === "true",
    // Without Git, or without a repository, there is no index that knows better.
    () => true,
  );
}

function pathspecOf(prefix: string): string[] {
  return prefix === "" ? [] : ["--", `:(literal)${prefix}`];
}

function readGit(root: string, args: readonly string[]): Promise<ProcessOutput> {
  return runProcess({ file: "git", args, cwd: root, env: { LC_ALL: "C", GIT_OPTIONAL_LOCKS: "0" } });
}

function splitPaths(output: Buffer): string[] {
  const paths: string[] = [];
  for (let from = 0, to = output.indexOf(0); to !== -1; from = to + 1, to = output.indexOf(0, from)) {
    paths.push(decodePath(output.subarray(from, to)));
  }
  return paths;
}

function decodePath(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf8", { fatal: true }).decode(bytes);
  } catch (cause) {
    const shown = Buffer.from(bytes).toString("latin1");
    throw new UserError(`${shown}: the file's name is not UTF-8; rename it`, { cause });
  }
}

function parseStaged(output: Buffer): Map<string, boolean> {
  const modes = new Map<string, boolean>();
  for (const line of splitPaths(output)) {
    const tab = line.indexOf("\t");
    modes.set(line.slice(tab + 1), line.startsWith("100755 "));
  }
  return modes;
}

/** Git's own names for what is as it is in the index, and a hash of the rest. */
async function contentIds(root: string): Promise<Map<string, string> | undefined> {
  const lists = await Promise.all([
    readGit(root, ["ls-files", "-s", "-z"]),
    readGit(root, ["ls-files", "-mo", "--exclude-standard", "-z"]),
  ]).catch(() => undefined);
  if (lists === undefined) return undefined;
  const ids = new Map<string, string>();
  for (const line of splitPaths(lists[0].stdout)) {
    const [, mode = "", id = ""] = /^(\d+) ([0-9a-f]+) /.exec(line) ?? [];
    ids.set(line.slice(line.indexOf("\t") + 1), `${mode} ${id}`);
  }
  for (const path of splitPaths(lists[1].stdout)) {
    const id = hashOf(join(root, path));
    if (id === undefined) ids.delete(path);
    else ids.set(path, id);
  }
  return ids;
}

/**
 * The mode stands as Git writes it, so that a changed file is known for a file.
 *
 * @returns `undefined` for what is gone; of what is no file, nothing that is ever the same again
 */
function hashOf(path: string): string | undefined {
  try {
    const stats = lstatSync(path);
    if (!stats.isFile()) return `other ${randomBytes(8).toString("hex")}`;
    return `${stats.mode.toString(8)} ${createHash("sha256").update(readFileSync(path)).digest("hex")}`;
  } catch {
    return undefined;
  }
}

async function walk(root: string, prefix: string): Promise<Set<string>> {
  const paths = new Set<string>();
  const visit = async (folder: string): Promise<void> => {
    for (const entry of await readdir(join(root, folder), { withFileTypes: true })) {
      if (NEVER_SOURCE.has(entry.name)) continue;
      const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory()) await visit(path);
      else paths.add(path);
    }
  };
  const stats = await statOrUndefined(join(root, prefix));
  if (stats?.isDirectory()) await visit(prefix);
  else if (stats !== undefined) paths.add(prefix);
  return paths;
}

async function read(root: string, path: string): Promise<Uint8Array> {
  checkPath(path);
  try {
    // Thousands of small files: the way through the thread pool takes many times the time of the reading.
    return readFileSync(join(root, path));
  } catch (error) {
    throw new UserError(`${path}: cannot be read: ${reasonOf(error)}`, { cause: error });
  }
}

async function exists(root: string, path: string): Promise<boolean> {
  checkPath(path);
  return access(join(root, path)).then(
    () => true,
    () => false,
  );
}

/** One edit on its way: what was there, and what waits beside it. */
interface Step {
  path: string;
  target: string;
  /** The new content, written and flushed; `undefined` for a deletion. */
  waiting: string | undefined;
  /** Where the old file is kept until all is done; `undefined` when there was none. */
  kept: string | undefined;
  state: "prepared" | "moved-away" | "in-place";
}

async function apply(root: string, edits: ReadonlyMap<string, string | null>): Promise<void> {
  const folders: string[] = [];
  const steps: Step[] = [];
  try {
    await each([...edits], ([path, text]) => prepare(root, path, text, steps, folders));
    await each(steps, exchange);
  } catch (error) {
    const stuck = await undo(steps, folders);
    const outcome = stuck.length === 0 ? "nothing was written" : `stopped half-way; ${stuck.join("; ")}`;
    throw new UserError(`${outcome}: ${reasonOf(error)}`, { cause: error });
  }
  await Promise.all(steps.map((step) => step.kept && rm(step.kept, { force: true })));
}

/** Hundreds of files wait for the disk together, not in turn; a failure is thrown when none is under way any more. */
async function each<Item>(items: readonly Item[], work: (item: Item) => Promise<void>): Promise<void> {
  const outcomes = await settleInParallel(32, items, work);
  for (const outcome of outcomes) if (outcome.status === "rejected") throw outcome.reason;
}

async function prepare(
  root: string,
  path: string,
  text: string | null,
  steps: Step[],
  folders: string[],
): Promise<void> {
  checkPath(path);
  const target = join(root, path);
  const stats = await statOrUndefined(target);
  if (stats?.isSymbolicLink()) throw new Error(`${path} is a symbolic link; edit the file it points at`);
  if (stats !== undefined && !stats.isFile()) throw new Error(`${path} is not a file`);
  if (stats === undefined && text === null) return;
  await checkParents(root, path);
  const neighbour = (kind: string): string =>
    join(dirname(target), `.wavehouse-${randomBytes(6).toString("hex")}.${kind}`);
  const step: Step = {
    path,
    target,
    waiting: text === null ? undefined : neighbour("new"),
    kept: stats === undefined ? undefined : neighbour("old"),
    state: "prepared",
  };
  steps.push(step);
  if (step.waiting === undefined) return;
  const first = await mkdir(dirname(target), { recursive: true });
  if (first !== undefined) folders.push(...foldersBetween(first, dirname(target)));
  const file = await open(step.waiting, "wx", stats === undefined ? 0o666 : stats.mode);
  try {
    await file.writeFile(text ?? "");
    if (stats !== undefined) await file.chmod(stats.mode);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function exchange(step: Step): Promise<void> {
  if (step.kept !== undefined) await rename(step.target, step.kept);
  step.state = "moved-away";
  if (step.waiting !== undefined) await rename(step.waiting, step.target);
  step.state = "in-place";
}

/** @returns what could not be put back, a sentence each */
async function undo(steps: readonly Step[], folders: readonly string[]): Promise<string[]> {
  const stuck: string[] = [];
  for (const step of [...steps].reverse()) {
    try {
      if (step.state === "in-place" && step.kept === undefined) await rm(step.target, { force: true });
      if (step.state !== "prepared" && step.kept !== undefined) await rename(step.kept, step.target);
      if (step.waiting !== undefined) await rm(step.waiting, { force: true });
    } catch (error) {
      stuck.push(
        `${step.path} could not be put back (${reasonOf(error)}), its old content is ${step.kept ?? "gone"}`,
      );
    }
  }
  // Deepest first; one that somebody else has meanwhile used stays.
  for (const folder of [...folders].reverse()) await rmdir(folder).catch(() => {});
  return stuck;
}

function foldersBetween(first: string, last: string): string[] {
  const folders = [last];
  for (let folder = last; folder !== first && folder !== dirname(folder); ) {
    folder = dirname(folder);
    folders.unshift(folder);
  }
  return folders;
}

/** A linked folder could lead a write out of the repository. */
async function checkParents(root: string, path: string): Promise<void> {
  const parts = path.split("/").slice(0, -1);
  for (let depth = 1; depth <= parts.length; depth++) {
    const folder = parts.slice(0, depth).join("/");
    const stats = await statOrUndefined(join(root, folder));
    if (stats === undefined) return;
    if (!stats.isDirectory()) throw new Error(`${folder} is not a folder`);
  }
}

function checkPath(path: string): void {
  const parts = path.split("/");
  if (
    parts.some((part) => part === "" || part === "." || part === "..") ||
    parts[0] === ".git" ||
    path.includes("\0")
  ) {
    throw new UserError(`${JSON.stringify(path)} is not a path inside the repository`);
  }
}

async function statOrUndefined(path: string): Promise<Stats | undefined> {
  try {
    return await lstat(path);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw error;
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  EACCES: "permission denied",
  EISDIR: "it is a folder",
  ENOSPC: "the disk is full",
  EROFS: "the file system is read-only",
};

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  return REASONS[code] ?? error.message;
}
