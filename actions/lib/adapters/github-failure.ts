import { UserError } from "../domain/user-error.ts";

/** What GitHub says is wrong, of a REST or a GraphQL request. */
interface Failure {
  status: number | undefined;
  /** GraphQL's `type`, for instance `STALE_DATA`. */
  type: string | undefined;
  message: string;
}

/**
 * @param error what the client threw
 * @returns whether a branch is no longer where the request expected it
 */
export function isStale(error: unknown): boolean {
  const { type, message } = failureOf(error);
  return type === "STALE_DATA" || /Expected branch to point to|is at [0-9a-f]+ but expected/.test(message);
}

/**
 * @param what what was tried, to begin the sentence with: `cannot commit to main`
 * @param error what the client threw
 * @returns the error for the user, with what to do about it
 */
export function githubProblem(what: string, error: unknown): UserError {
  const { status, type, message } = failureOf(error);
  const hint = hintFor(status, type, message);
  return new UserError(`${what}: ${message}${hint === undefined ? "" : `; ${hint}`}`, { cause: error });
}

function hintFor(status: number | undefined, type: string | undefined, message: string): string | undefined {
  if (/protected branch|rule violations|required status|changes must be made through/i.test(message)) {
    return "the branch is protected: let the App pass its rules, or set data.delivery to pull-request in environment.yaml";
  }
  if (status === 401) return "the token is not valid: it may have expired";
  if (status === 403 || type === "FORBIDDEN" || /not accessible by integration/.test(message)) {
    return "give the token the rights contents: write and, for pull requests, pull-requests: write";
  }
  if (status === 404 || type === "NOT_FOUND")
    return "is the name right, and may the token read the repository?";
  if (status !== undefined && status >= 500) return "GitHub is not well; run it again later";
  return undefined;
}

function failureOf(error: unknown): Failure {
  const { status, message, errors } = error as { status?: unknown; message?: unknown; errors?: unknown };
  const first = Array.isArray(errors) ? (errors[0] as { type?: unknown; message?: unknown }) : undefined;
  return {
    status: typeof status === "number" ? status : undefined,
    type: typeof first?.type === "string" ? first.type : undefined,
    message: String(first?.message ?? message ?? error),
  };
}
