import {
  commitOfKey,
  type DeliveryRecord,
  indexBound,
  indexPrefix,
  parseRecord,
  recordKey,
} from "../domain/delivery-record.ts";
import { parseMoment } from "../domain/moment.ts";
import { settleInParallel } from "../domain/settle-in-parallel.ts";
import { throwFailures } from "../domain/throw-failures.ts";
import { UserError } from "../domain/user-error.ts";
import type { History } from "../ports/history.ts";
import { type RecordsPlace, StoreUnavailable } from "../ports/record-store.ts";

const AT_ONCE = 8;
/** Enough to tell that a commit's short name means two. */
const ALL = Number.MAX_SAFE_INTEGER;

/**
 * Reads the last deliveries to an environment.
 *
 * @param environment its name
 * @param limit how many
 * @returns their records, newest first
 * @throws StoreUnavailable when the store is down, UserError when what it has is no record
 */
export async function listDeliveries(
  environment: string,
  limit: number,
  { store, prefix }: RecordsPlace,
): Promise<DeliveryRecord[]> {
  const keys = await store.list(indexPrefix(prefix, environment), limit);
  return readRecords(environment, keys, { store, prefix });
}

/**
 * Finds what was delivered at a time or by a commit.
 *
 * @param environment its name
 * @param wanted a time with its zone, or a commit of which the first digits do
 * @returns the record of what ran then, or `undefined` when nothing had been delivered
 * @throws UserError when it is neither, or the digits begin two commits
 */
export async function findDelivery(
  environment: string,
  wanted: string,
  { store, prefix }: RecordsPlace,
): Promise<DeliveryRecord | undefined> {
  const index = indexPrefix(prefix, environment);
  const timeMs = parseMoment(wanted);
  if (timeMs === undefined && !/^[0-9a-f]{4,40}$/.test(wanted)) {
    throw new UserError(
      `${JSON.stringify(wanted)} is neither a time with its zone, as 2026-11-20T12:00Z, nor a commit of at least four hex digits.`,
    );
  }
  const keys =
    timeMs !== undefined
      ? await store.list(index, 1, indexBound(prefix, environment, timeMs))
      : (await store.list(index, ALL)).filter((key) => commitOfKey(key)?.startsWith(wanted));
  if (keys.length > 1) {
    const commits = keys.map((key) => commitOfKey(key)?.slice(0, 12)).join(", ");
    throw new UserError(`${wanted} begins more than one delivered commit: ${commits}; give more digits.`);
  }
  return (await readRecords(environment, keys, { store, prefix }))[0];
}

async function readRecords(
  environment: string,
  keys: readonly string[],
  { store, prefix }: RecordsPlace,
): Promise<DeliveryRecord[]> {
  const outcomes = await settleInParallel(AT_ONCE, keys, async (entry) => {
    const commit = commitOfKey(entry);
    const key = commit === undefined ? entry : recordKey(prefix, environment, commit);
    const bytes = commit === undefined ? undefined : await store.read(key);
    const record = bytes === undefined ? undefined : parseRecord(new TextDecoder().decode(bytes));
    // What names another delivery than its own key was not written by us.
    if (record?.commit === commit && record?.environment === environment) return record;
    throw new UserError(`${key} is in the store, and is no delivery record; somebody else has written it.`);
  });
  return throwFailures(outcomes);
}

/** What ran at a time. */
export interface DeliveredThen {
  /** A commit of the branch. */
  commit: string;
  /** One sentence: since when, and who tells it. */
  told: string;
}

/**
 * Finds the commit of the branch that an environment ran at a time. The store says when each delivery was; Git knows
 * all of them, and is asked in its place when it is down, has no record of one, or names what the branch has not.
 *
 * @param environment its name
 * @param timeMs since 1970
 * @param records the store, or `undefined` where there is none
 * @param history Git's
 * @throws UserError when nothing had been delivered then
 */
export async function deliveredAt(
  environment: string,
  timeMs: number,
  records: RecordsPlace | undefined,
  history: Pick<History, "bumps">,
): Promise<DeliveredThen> {
  const when = new Date(timeMs).toISOString();
  const bumps = await history.bumps(environment);
  const inGit = bumps.filter(({ date }) => Date.parse(date) <= timeMs);
  const fromGit = (reason: string, bump = inGit[0]): DeliveredThen => {
    if (bump !== undefined) {
      const { commit, date } = bump;
      return { commit, told: `${environment} ran ${commit.slice(0, 12)} since ${date}, by Git: ${reason}.` };
    }
    const first = bumps.at(-1);
    const since =
      first === undefined ? "" : `; its first bump is ${first.commit.slice(0, 12)} of ${first.date}`;
    throw new UserError(`Nothing had been delivered to ${environment} at ${when}${since}.`);
  };
  if (records === undefined) return fromGit("no store of records is named");
  try {
    const record = await findDelivery(environment, when, records);
    if (record === undefined) return fromGit("the store has no record of that time");
    const { commit, time } = record;
    const recorded = bumps.findIndex((bump) => bump.commit === commit);
    if (recorded < 0) {
      return fromGit(`the store names ${commit.slice(0, 12)}, which is no bump of this branch`);
    }
    // What came after it and has a record has one of a later time.
    for (const bump of inGit.filter((one) => bumps.indexOf(one) < recorded)) {
      const known = await records.store.read(recordKey(records.prefix, environment, bump.commit));
      if (known === undefined) return fromGit("the store has no record of it", bump);
    }
    return { commit, told: `${environment} ran ${commit.slice(0, 12)} since ${time}, by its record.` };
  } catch (error) {
    if (!(error instanceof StoreUnavailable || error instanceof UserError)) throw error;
    return fromGit(error.message.replace(/\.$/, ""));
  }
}
