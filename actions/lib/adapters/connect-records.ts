import type { RecordsAddress } from "../domain/delivery-record.ts";
import type { RecordStore, RecordsPlace } from "../ports/record-store.ts";

/**
 * The store of records for those who only read it.
 *
 * @param where the store; without a bucket there is none
 */
export function connectRecords(where: RecordsAddress | undefined): RecordsPlace | undefined {
  if (where?.bucket === undefined) return undefined;
  const { bucket, endpoint, region, prefix } = where;
  // Loaded only when it is asked: the client is large, and most runs need none.
  const connect = async (): Promise<RecordStore> =>
    (await import("./s3-records.ts")).s3Records({ bucket, endpoint, region });
  let loaded: Promise<RecordStore> | undefined;
  const load = (): Promise<RecordStore> => {
    loaded ??= connect();
    return loaded;
  };
  const store: RecordsPlace["store"] = {
    read: async (key) => (await load()).read(key),
    list: async (...args) => (await load()).list(...args),
  };
  return { store, prefix };
}
