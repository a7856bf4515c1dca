import { UserError } from "./user-error.ts";

/** More of the same helps nobody. */
const TOLD = 10;

/**
 * @param outcomes of work that was done side by side, all of it at its end
 * @returns what each came to
 * @throws the first bug among them; else one UserError that tells each distinct failure, the first ten of them
 */
export function throwFailures<Result>(outcomes: readonly PromiseSettledResult<Result>[]): Result[] {
  const failures = outcomes.flatMap((outcome) =>
    outcome.status === "rejected" ? [outcome.reason as unknown] : [],
  );
  const bug = failures.find((failure) => !(failure instanceof UserError));
  if (bug !== undefined) throw bug;
  const faults = failures.filter((failure) => failure instanceof UserError);
  if (faults.length > 0) throw new UserError(tell(faults), { cause: faults[0] });
  return outcomes.flatMap((outcome) => (outcome.status === "fulfilled" ? [outcome.value] : []));
}

function tell(failures: readonly UserError[]): string {
  const messages = [...new Set(failures.map(({ message }) => message))];
  const more = messages.length > TOLD ? [`and ${messages.length - TOLD} more like these`] : [];
  return [...messages.slice(0, TOLD), ...more].join("\n");
}
