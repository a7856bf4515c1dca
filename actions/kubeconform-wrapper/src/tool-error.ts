/**
 * How a tool failed:
 * - `missing`: it is not there, cannot be built or cannot be started
 * - `crashed`: it ended with an exit code that means neither good nor bad
 * - `killed`: a signal ended it that was not sent from here
 * - `timeout`: it took too long and was ended
 * - `too-much`: it was given or wrote more than is allowed
 * - `no-output`: it ended well and said nothing
 * - `bad-output`: what it said is no report, or not a report on what it was given
 */
export type ToolFailure =
  | "missing"
  | "crashed"
  | "killed"
  | "timeout"
  | "too-much"
  | "no-output"
  | "bad-output";

/**
 * A tool gave no answer, so nothing is known: it is not installed, a download fails, a checksum does not match, it
 * crashed. Something that the person at the keyboard can mend, so it is told without a stack trace; `userFault` says
 * so to callers that do not import this class.
 */
export class ToolError extends Error {
  override readonly name = "ToolError";
  readonly userFault = true;
  readonly failure: ToolFailure;

  constructor(message: string, options: ErrorOptions & { failure?: ToolFailure } = {}) {
    super(message, options);
    this.failure = options.failure ?? "missing";
  }
}
