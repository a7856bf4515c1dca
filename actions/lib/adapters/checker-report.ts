import { UserError } from "../domain/user-error.ts";
import { type Command, ProcessError, runProcess } from "./process.ts";

/**
 * Runs a checker that writes a JSON list of what it has found.
 *
 * @param tool its name
 * @param command how it is run
 * @param foundCode the exit code by which it says that it has found something; without it only 0 is an answer
 * @returns the list, as it was written
 * @throws UserError when it fails, or writes no list: silence is no answer
 */
export async function checkerReport<Said>(tool: string, command: Command, foundCode = 0): Promise<Said[]> {
  const text = await run(command, foundCode);
  try {
    const said: unknown = JSON.parse(text);
    if (Array.isArray(said)) return said;
  } catch {
    // Told below.
  }
  throw new UserError(`${tool} wrote no report: ${JSON.stringify(text.slice(0, 200))}`);
}

async function run(command: Command, foundCode: number): Promise<string> {
  try {
    return (await runProcess(command)).stdout.toString("utf8");
  } catch (error) {
    if (!(error instanceof ProcessError)) throw error;
    if (error.failure === "exit" && error.exitCode === foundCode) return error.stdout;
    throw new UserError(error.message, { cause: error });
  }
}
