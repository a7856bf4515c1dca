import { findDelivery, listDeliveries } from "../../actions/lib/delivery/read-deliveries.ts";
import { readOverlays } from "../../actions/lib/delivery/read-overlays.ts";
import { type DeliveryRecord, recordFolder } from "../../actions/lib/domain/delivery-record.ts";
import { UserError } from "../../actions/lib/domain/user-error.ts";
import { type RecordsPlace, StoreUnavailable } from "../../actions/lib/ports/record-store.ts";
import type { Workspace } from "../../actions/lib/ports/workspace.ts";

/** More names than these make no line that is read. */
const NAMED = 3;

/**
 * Tells what was delivered to an environment.
 *
 * @param asked the environment; how many deliveries, or which one
 * @param records the store, or `undefined` where none is named
 * @param workspace the repository's files, which tell which environments there are
 * @returns one line a delivery, newest first; or one record whole
 * @throws UserError when there is none, or the store cannot be read
 */
export async function tellDeliveries(
  { environment, limit, at }: { environment: string; limit: string; at: string | undefined },
  records: RecordsPlace | undefined,
  workspace: Workspace,
): Promise<string> {
  if (records === undefined) {
    throw new UserError("No store of records is named; give --bucket, or set WAVEHOUSE_RECORDS_BUCKET.");
  }
  const many = Number(limit);
  if (!/^[1-9]\d{0,4}$/.test(limit)) {
    throw new UserError(`--limit is ${JSON.stringify(limit)}; expected a number from 1 to 99999.`);
  }
  try {
    if (at !== undefined) {
      const record = await findDelivery(environment, at, records);
      if (record !== undefined) return tellWhole(record, records.prefix);
    }
    const last = await listDeliveries(environment, at === undefined ? many : 1, records);
    if (at === undefined && last.length > 0) return last.map(tellLine).join("\n");
    // Records outlive an environment, so only one without any has to be one of today's.
    if (last[0] === undefined) await readOverlays(environment, workspace);
    const told = last[0] === undefined ? "nothing at all" : `the last delivery is ${tellLine(last[0])}`;
    const then = at === undefined ? "" : ` at ${at}`;
    throw new UserError(
      `Nothing was delivered to ${environment}${then}, as far as the store knows: ${told}.`,
    );
  } catch (error) {
    if (error instanceof StoreUnavailable) throw new UserError(error.message, { cause: error });
    throw error;
  }
}

function tellLine({ time, commit, sourceCommit, images, moved }: DeliveryRecord): string {
  const names = moved ?? images.map(({ name }) => name);
  const more = names.length > NAMED ? ` and ${names.length - NAMED} more` : "";
  const what = names.length === 0 ? "no image moved" : `${names.slice(0, NAMED).join(", ")}${more}`;
  const source = sourceCommit === undefined ? "of no one source" : `of ${sourceCommit.slice(0, 12)}`;
  return `${time}  ${commit.slice(0, 12)}  ${source}  ${what}`;
}

function tellWhole(record: DeliveryRecord, prefix: string): string {
  const { environment, commit, time, sourceCommit, timings, images, moved, runs, files } = record;
  const took = timings === undefined ? [] : [`merged     ${timings.merged}, ${timings.seconds} s before`];
  const names = moved ?? images.map(({ name }) => name);
  const ran = (runs ?? images).map(({ name, reference }) => {
    return `  ${names.includes(name) ? "*" : " "} ${name}  ${reference}`;
  });
  const known = runs === undefined ? " that moved; its record is old and tells no others" : " (* moved)";
  const beside = files.map(({ name, bytes }) => `    ${name}  ${bytes} bytes`);
  return [
    `${environment} since ${time}`,
    `commit     ${commit}`,
    `source     ${sourceCommit ?? "none"}`,
    ...took,
    `images${known}`,
    ...ran,
    `files below ${recordFolder(prefix, environment, commit)}/files/`,
    ...beside,
  ].join("\n");
}
