import { resolveGoTool, ToolError } from "kubeconform-wrapper";
import { UserError } from "../domain/user-error.ts";

/**
 * Finds a pinned tool (see `resolveGoTool`).
 *
 * @param name the tool's folder in `toolsDir`
 * @returns the program's absolute path
 * @throws UserError that says what to install when it cannot be had
 */
export async function goTool(name: string, toolsDir: string): Promise<string> {
  try {
    return await resolveGoTool(name, { toolsDir });
  } catch (error) {
    throw asUserError(error);
  }
}

/**
 * Turns what the wrapper package calls the user's fault into the one kind of error that is told without a stack
 * trace here.
 *
 * @param error anything that was thrown
 * @returns a `UserError` for a `ToolError`, else the same thing
 */
export function asUserError(error: unknown): unknown {
  return error instanceof ToolError ? new UserError(error.message, { cause: error }) : error;
}
