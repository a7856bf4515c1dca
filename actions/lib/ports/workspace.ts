/** One file of the repository. */
export interface FileEntry {
  /** Path from the repository's root, with forward slashes. */
  path: string;
  /** Size in bytes. */
  bytes: number;
  executable: boolean;
  symlink: boolean;
}

/** The repository's files: those Git tracks and those it would add, never the ignored ones. */
export interface Workspace {
  /** Files whose path is `prefix` or lies below it, ordered by path. */
  list(prefix: string): Promise<FileEntry[]>;
  /** The bytes of a file. Throws `UserError` where there is none. */
  read(path: string): Promise<Uint8Array>;
  /** A name for each file's content that differs whenever the content does; `undefined` where it would cost to tell. */
  contentIds?(): Promise<ReadonlyMap<string, string> | undefined>;
  exists(path: string): Promise<boolean>;
  /** Writes all of the edits or none: each file to a temporary neighbour first, then renamed. `null` deletes. */
  apply(edits: ReadonlyMap<string, string | null>): Promise<void>;
}
