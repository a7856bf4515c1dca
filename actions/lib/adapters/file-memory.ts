import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { cacheRoot } from "kubeconform-wrapper/cache-root";
import type { Memory } from "../ports/memory.ts";

/** What one kind holds: what was read, and what this run asked for. */
interface Kind {
  old: Readonly<Record<string, unknown>>;
  kept: Record<string, unknown>;
  changed: boolean;
}

/**
 * Remembers in the cache what was worked out about a repository. Another version of this code or of the pinned tools
 * begins with an empty memory.
 *
 * @param name tells this repository's memory from that of others: its folder, or its name on a server
 * @param toolsDir the folder of the pinned tools
 */
export function fileMemory(name: string, toolsDir: string): Memory {
  let found: string | undefined;
  const folderOf = (): string => {
    found ??= join(cacheRoot(), "validate", hash(name), hash([process.version, ...versionOf(toolsDir)]));
    return found;
  };
  const kinds = new Map<string, Kind>();
  const kindOf = (name: string): Kind => {
    let kind = kinds.get(name);
    if (kind === undefined) {
      kind = { old: readRecord(join(folderOf(), `${name}.json`)), kept: {}, changed: false };
      kinds.set(name, kind);
    }
    return kind;
  };
  return {
    get: (name, key) => {
      const kind = kindOf(name);
      if (!Object.hasOwn(kind.kept, key) && Object.hasOwn(kind.old, key)) kind.kept[key] = kind.old[key];
      return kind.kept[key];
    },
    set: (name, key, value) => {
      const kind = kindOf(name);
      kind.kept[key] = value;
      kind.changed = true;
    },
    save: () => {
      const isNew = !existsSync(folderOf());
      for (const [name, { kept, changed }] of kinds) {
        if (changed) writeWhole(join(folderOf(), `${name}.json`), JSON.stringify(kept));
      }
      if (isNew) tryTo(() => forgetOld(join(cacheRoot(), "validate"), folderOf()));
    },
  };
}

const FORGOTTEN_AFTER_MS = 7 * 24 * 60 * 60 * 1000;
/** Whoever goes back and forth between two branches keeps the memory of both. */
const VERSIONS_KEPT = 2;

/** Repositories that are gone, and versions of this code that nobody runs any more, would fill the disk. */
function forgetOld(validate: string, own: string): void {
  for (const repository of foldersIn(validate)) {
    const versions = foldersIn(repository).sort((a, b) => modified(b) - modified(a));
    const kept = repository === dirname(own) ? VERSIONS_KEPT : versions.length;
    for (const [place, version] of versions.entries()) {
      if (place >= kept || Date.now() - modified(version) > FORGOTTEN_AFTER_MS) {
        rmSync(version, { recursive: true, force: true });
      }
    }
  }
}

function foldersIn(folder: string): string[] {
  return readdirSync(folder).map((name) => join(folder, name));
}

/** What somebody else has just removed is as good as new: nobody need remove it. */
function modified(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
}

/** A file that is not there or was cut off is as good as none. */
function readRecord(path: string): Record<string, unknown> {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch {
    return {};
  }
}

function writeWhole(path: string, text: string): void {
  tryTo(() => {
    mkdirSync(dirname(path), { recursive: true });
    const waiting = `${path}.${process.pid}`;
    writeFileSync(waiting, text);
    renameSync(waiting, path);
  });
}

/** A cache that cannot be written to costs time, not truth. */
function tryTo(work: () => void): void {
  try {
    work();
  } catch {}
}

/**
 * Of sources, sizes and times: far cheaper than their content, and changed with it. Of a bundle and of the pins, the
 * content: each run of a workflow has a checkout of its own.
 */
function versionOf(toolsDir: string): string[] {
  let code = import.meta.dirname;
  while (basename(code) !== "actions" && basename(code) !== "dist" && code !== dirname(code))
    code = dirname(code);
  const pins = filesOf(toolsDir).map((path) => contentOf(toolsDir, path));
  if (basename(code) !== "actions") return [...filesOf(code).map((path) => contentOf(code, path)), ...pins];
  // What the sources stand on; a bundle has it in itself.
  const lock = join(code, "..", "package-lock.json");
  const sources = ["lib", "validate", "kubeconform-wrapper/src"].flatMap((name) => filesOf(join(code, name)));
  return [...sources, lock]
    .flatMap((path) => {
      const stats = statSync(path, { throwIfNoEntry: false });
      return stats === undefined ? [] : [`${path} ${stats.size} ${stats.mtimeMs}`];
    })
    .concat(pins);
}

function filesOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.([cm]?js|ts|mod|sum|ya?ml|sh)$/.test(entry.name))
    .filter((entry) => !entry.name.endsWith(".test.ts") && !entry.parentPath.includes("/testing"))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

function contentOf(folder: string, path: string): string {
  return `${relative(folder, path)} ${createHash("sha256").update(readFileSync(path)).digest("hex")}`;
}

function hash(value: unknown): string {
  return createHash("sha256").update(JSON.stringify(value)).digest("hex").slice(0, 16);
}
