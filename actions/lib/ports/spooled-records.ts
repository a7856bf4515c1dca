/** Records that earlier runs could not publish, as those left them. */
export interface SpooledRecords {
  /** The places where earlier runs may have left some, without those in `done`. */
  earlier(done: ReadonlySet<string>): Promise<{ id: string; files: ReadonlyMap<string, Uint8Array> }[]>;
}
