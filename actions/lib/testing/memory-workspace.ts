import { UserError } from "../domain/user-error.ts";
import type { FileEntry, Workspace } from "../ports/workspace.ts";

/** A file in memory: its text or bytes, or more when a test is about more. */
export type MemoryFile =
  | string
  | Uint8Array
  | { content?: string | Uint8Array; executable?: boolean; symlink?: boolean; bytes?: number };

/** A `Workspace` without a disk. */
export interface MemoryWorkspace extends Workspace {
  /** What is in it now. */
  readonly files: ReadonlyMap<string, MemoryFile>;
  text(path: string): string;
}

/**
 * Makes a workspace of files in memory.
 *
 * @param initial content by path
 */
export function memoryWorkspace(initial: Readonly<Record<string, MemoryFile>> = {}): MemoryWorkspace {
  const files = new Map(Object.entries(initial));
  const read = (path: string): Uint8Array => {
    const file = files.get(path);
    if (file === undefined) throw new UserError(`${path}: cannot be read: there is no such file`);
    return bytesOf(file);
  };
  return {
    files,
    list: async (prefix) => {
      const below = prefix.replace(/\/+$/, "");
      return [...files]
        .filter(([path]) => below === "" || path === below || path.startsWith(`${below}/`))
        .map(([path, file]) => entryOf(path, file))
        .sort((a, b) => (a.path < b.path ? -1 : 1));
    },
    read: async (path) => read(path),
    exists: async (path) => files.has(path) || [...files.keys()].some((file) => file.startsWith(`${path}/`)),
    apply: async (edits) => {
      for (const [path, text] of edits) {
        if (text === null) files.delete(path);
        else files.set(path, text);
      }
    },
    text: (path) => new TextDecoder().decode(read(path)),
  };
}

function bytesOf(file: MemoryFile): Uint8Array {
  if (typeof file === "string") return new TextEncoder().encode(file);
  if (file instanceof Uint8Array) return file;
  return bytesOf(file.content ?? "");
}

function entryOf(path: string, file: MemoryFile): FileEntry {
  const more = typeof file === "string" || file instanceof Uint8Array ? {} : file;
  return {
    path,
    bytes: more.bytes ?? bytesOf(file).length,
    executable: more.executable ?? false,
    symlink: more.symlink ?? false,
  };
}
