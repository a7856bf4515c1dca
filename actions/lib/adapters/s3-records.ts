import {
  GetObjectCommand,
  ListObjectsV2Command,
  NoSuchKey,
  PutObjectCommand,
  S3Client,
  S3ServiceException,
} from "@aws-sdk/client-s3";
import { type RecordStore, StoreUnavailable } from "../ports/record-store.ts";

/** Where the store is. Credentials come from the environment, short-lived ones by OIDC too. */
export interface S3Options {
  bucket: string;
  region: string;
  /** `undefined` for AWS itself. */
  endpoint: string | undefined;
  /** Bound of one request, in milliseconds; 5,000 by default. */
  timeoutMs?: number;
  credentials?: { accessKeyId: string; secretAccessKey: string };
}

/**
 * Delivery records in any S3 store that honours conditional writes.
 *
 * @param options where it is
 */
export function s3Records(options: S3Options): RecordStore {
  const { bucket: Bucket, endpoint, region, credentials, timeoutMs = 5_000 } = options;
  const client = new S3Client({
    region,
    maxAttempts: 3,
    requestHandler: { requestTimeout: timeoutMs, connectionTimeout: timeoutMs, throwOnRequestTimeout: true },
    // S3-alikes may refuse the checksums that AWS wants.
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
    ...(endpoint === undefined ? {} : { endpoint, forcePathStyle: true }),
    ...(credentials === undefined ? {} : { credentials }),
  });
  const reach = async <T>(what: string, act: () => Promise<T>): Promise<T> => {
    try {
      return await act();
    } catch (error) {
      const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
      throw new StoreUnavailable(`cannot ${what} of ${endpoint ?? `S3 in ${region}`}/${Bucket}: ${reason}`, {
        cause: error,
      });
    }
  };
  return {
    write: (Key, body, ContentType) =>
      reach(`write ${Key}`, async () => {
        // Bytes have a length, which an empty text has not.
        const Body = Buffer.from(body);
        try {
          await client.send(new PutObjectCommand({ Bucket, Key, Body, ContentType, IfNoneMatch: "*" }));
          return "written";
        } catch (error) {
          if (error instanceof S3ServiceException && error.$metadata.httpStatusCode === 412) return "there";
          throw error;
        }
      }),
    read: (Key) =>
      reach(`read ${Key}`, async () => {
        try {
          const { Body } = await client.send(new GetObjectCommand({ Bucket, Key }));
          return await Body?.transformToByteArray();
        } catch (error) {
          if (error instanceof NoSuchKey) return undefined;
          throw error;
        }
      }),
    list: (Prefix, limit, StartAfter) =>
      reach(`list ${Prefix}`, async () => {
        const keys: string[] = [];
        let ContinuationToken: string | undefined;
        do {
          const MaxKeys = Math.min(1_000, limit - keys.length);
          const page = await client.send(
            new ListObjectsV2Command({ Bucket, Prefix, MaxKeys, StartAfter, ContinuationToken }),
          );
          keys.push(...(page.Contents ?? []).flatMap(({ Key }) => Key ?? []));
          ContinuationToken = page.NextContinuationToken;
        } while (ContinuationToken !== undefined && keys.length < limit);
        return keys;
      }),
  };
}
