import type { RecordsAddress } from "../domain/delivery-record.ts";
import { WAYS, type Way } from "../domain/delivery-settings.ts";
import { parseMoment } from "../domain/moment.ts";
import { UserError } from "../domain/user-error.ts";
import { optionalInput, type ReadInput, requiredInput } from "./read-inputs.ts";

/**
 * @param read the reader
 * @param name the input's name in `action.yml`
 * @returns the name of an environment
 * @throws UserError when it cannot be a folder of `overlays/`
 */
export function environmentInput<Name extends string>(read: ReadInput<Name>, name: Name): string {
  const environment = requiredInput(read, name);
  if (/^[a-z0-9]+(?:[-.][a-z0-9]+)*$/.test(environment)) return environment;
  throw new UserError(
    `Input \`${name}\` is ${JSON.stringify(environment)}; expected the name of a folder in overlays/, for instance \`local\`.`,
  );
}

/** The inputs that say where records of deliveries are. */
export const recordsInputNames = ["bucket", "endpoint", "region", "prefix"] as const;

/**
 * @param read the reader
 * @returns where records of deliveries are; all keys begin with `prefix`, which is empty or has one slash at its end
 * @throws UserError when there is no region
 */
export function recordsInput(read: ReadInput<(typeof recordsInputNames)[number]>): RecordsAddress {
  const prefix = read("prefix").replace(/\/+$/, "");
  return {
    bucket: optionalInput(read, "bucket"),
    endpoint: optionalInput(read, "endpoint"),
    region: requiredInput(read, "region"),
    prefix: prefix === "" ? "" : `${prefix}/`,
  };
}

/**
 * @param read the reader
 * @param name the input's name in `action.yml`
 * @returns a time in milliseconds since 1970, or `undefined` when none is given
 * @throws UserError when it is none, or has no zone
 */
export function momentInput<Name extends string>(read: ReadInput<Name>, name: Name): number | undefined {
  const text = optionalInput(read, name);
  const timeMs = text === undefined ? undefined : parseMoment(text);
  if (text === undefined || timeMs !== undefined) return timeMs;
  throw new UserError(
    `Input \`${name}\` is ${JSON.stringify(text)}; expected a time with its zone, as 2026-11-20T12:00Z.`,
  );
}

/**
 * @param read the reader
 * @param name the input's name in `action.yml`
 * @returns how a change gets to its branch, or `undefined` when the environment shall say
 * @throws UserError for anything else
 */
export function wayInput<Name extends string>(read: ReadInput<Name>, name: Name): Way | undefined {
  const text = optionalInput(read, name);
  if (text === undefined) return undefined;
  const way = WAYS.find((known) => known === text);
  if (way !== undefined) return way;
  throw new UserError(`Input \`${name}\` is ${JSON.stringify(text)}; expected ${WAYS.join(" or ")}.`);
}
