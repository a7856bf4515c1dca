/** Options that name the store of records, for `parseArgs`. */
export const recordsOptions = {
  bucket: { type: "string" },
  endpoint: { type: "string" },
  region: { type: "string" },
  prefix: { type: "string" },
} as const;

/** What a command's help says of them. */
export const recordsHelp = `  --bucket NAME   where records of deliveries are; WAVEHOUSE_RECORDS_BUCKET without it
  --endpoint URL  a store that is not AWS; WAVEHOUSE_RECORDS_ENDPOINT without it
  --region NAME   of the bucket; WAVEHOUSE_RECORDS_REGION without it, else us-east-1
  --prefix TEXT   what all keys begin with; deliveries/ without it
                  (who reads there: AWS_ACCESS_KEY_ID, AWS_PROFILE, or whatever the AWS SDK finds)`;

/**
 * @param values what the command line said
 * @param environment the process's
 * @returns the store by the actions' names; the workflows' variables name it where the command line does not
 */
export function givenRecords(
  values: Readonly<Partial<Record<keyof typeof recordsOptions, string>>>,
  environment: Readonly<Record<string, string | undefined>>,
): Record<keyof typeof recordsOptions, string> {
  const { bucket, endpoint, region, prefix = "deliveries/" } = values;
  return {
    bucket: bucket ?? environment.WAVEHOUSE_RECORDS_BUCKET ?? "",
    endpoint: endpoint ?? environment.WAVEHOUSE_RECORDS_ENDPOINT ?? "",
    region: region ?? (environment.WAVEHOUSE_RECORDS_REGION || "us-east-1"),
    prefix,
  };
}
