import { s3Records } from "../adapters/s3-records.ts";
import { bundleRecord, type DeliveryRecord, storedObjects } from "../domain/delivery-record.ts";
import type { RecordsPlace } from "../ports/record-store.ts";
import { type LoopbackS3, loopbackS3 } from "./loopback-s3.ts";

/** A store of records on this machine. */
export interface RecordedDeliveries {
  s3: LoopbackS3;
  records: RecordsPlace;
  /** Publishes a record as `report` does. */
  record(commit: string, more?: Partial<DeliveryRecord>): Promise<void>;
}

/** @returns a store of an S3 gateway that runs, until the running test ends */
export async function recordedDeliveries(): Promise<RecordedDeliveries> {
  const s3 = await loopbackS3();
  await s3.start();
  const store = s3Records(s3.options);
  const prefix = "deliveries/";
  return {
    s3,
    records: { store, prefix },
    record: async (commit, more = {}) => {
      const empty = { sourceCommit: undefined, timings: undefined, images: [] };
      const of = { environment: "local", commit, time: "2026-01-01T00:00:00Z" };
      const bundle = bundleRecord({ ...empty, ...of, ...more }, { "manifests/local.yaml": "# all\n" });
      for (const { key, body, type } of storedObjects(bundle, prefix)) await store.write(key, body, type);
    },
  };
}
