import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
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
 * @param root the repository
 * @param toolsDir the folder of the pinned tools
 */
export function fileMemory(root: string, toolsDir: string): Memory {
  let found: string | undefined;
  const folderOf = (): string => {
    found ??= join(cacheRoot(), "validate", hash(root), hash([process.version, ...versionOf(toolsDir)]));
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
      for (const [name, { kept, changed }] of kinds) {
        if (changed) writeWhole(join(folderOf(), `${name}.json`), JSON.stringify(kept));
      }
    },
  };
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
  try {
    mkdirSync(dirname(path), { recursive: true });
    const waiting = `${path}.${process.pid}`;
    writeFileSync(waiting, text);
    renameSync(waiting, path);
  } catch {
    // A cache that cannot be written to costs time, not truth.
  }
}

/** Sizes and times of this code's own files and of the pins: far cheaper than their content, and changed with it. */
function versionOf(toolsDir: string): string[] {
  let code = import.meta.dirname;
  while (basename(code) !== "actions" && basename(code) !== "dist" && code !== dirname(code))
    code = dirname(code);
  const isSource = basename(code) === "actions";
  const folders = isSource
    ? ["lib", "validate", "kubeconform-wrapper/src"].map((name) => join(code, name))
    : [code];
  // What the sources stand on; a bundle has it in itself.
  const lock = join(code, "..", "package-lock.json");
  const { size, mtimeMs } = (isSource && statSync(lock, { throwIfNoEntry: false })) || {
    size: 0,
    mtimeMs: 0,
  };
  const files = [...folders, toolsDir].flatMap((folder) =>
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && /\.([cm]?js|ts|mod|sum|ya?ml|sh)$/.test(entry.name))
      .filter((entry) => !entry.name.endsWith(".test.ts") && !entry.parentPath.includes("/testing"))
      .map((entry) => join(entry.parentPath, entry.name))
      .sort()
      .map((path) => {
        const { size, mtimeMs } = statSync(path);
        return `${path} ${size} ${mtimeMs}`;
      }),
  );
  return [`${size} ${mtimeMs}`, ...files];
}

function hash(value: unknown): string {
  return createHash("sha256").update(JSON.stringify(value)).digest("hex").slice(0, 16);
}
