/** Where delivery records are kept: written once, never changed. */
export interface RecordStore {
  /**
   * @returns `there` when the key was written before; it stays as it was
   * @throws StoreUnavailable when the store cannot be reached or does not take it
   */
  write(key: string, body: Uint8Array | string, type: string): Promise<"written" | "there">;
  /** @returns the bytes, or `undefined` when there is no such key */
  read(key: string): Promise<Uint8Array | undefined>;
  /** The first keys with a prefix, ordered, that come after `after`; at most `limit`. */
  list(prefix: string, limit: number, after?: string): Promise<string[]>;
}

/** Where records are read from. */
export interface RecordsPlace {
  store: Pick<RecordStore, "read" | "list">;
  /** Of all keys; empty, or with a slash at its end. */
  prefix: string;
}

/** The store is down, slow, full, or refuses us: what was to be written is kept elsewhere. */
export class StoreUnavailable extends Error {
  override readonly name = "StoreUnavailable";
}
