/**
 * Something that the person at the keyboard can mend: a tool that is not installed, a download that fails, a
 * checksum that does not match. It is told without a stack trace; `userFault` says so to callers that do not
 * import this class.
 */
export class ToolError extends Error {
  override readonly name = "ToolError";
  readonly userFault = true;
}
