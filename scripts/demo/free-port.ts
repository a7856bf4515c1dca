import { createServer } from "node:net";
import { UserError } from "../../actions/lib/domain/user-error.ts";

/**
 * Makes sure that a port on loopback is free.
 *
 * @param port the port
 * @param flag the option that gives another one, for the message
 * @param user who wants it, for the message
 * @throws UserError when something listens there
 */
export async function requireFreePort(port: number, flag: string, user: string): Promise<void> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => reject(portFault(error, port, flag, user)));
    server.listen({ host: "127.0.0.1", port }, () => server.close(() => resolve()));
  });
}

/** What to say when `listen` failed on a port. */
export function portFault(error: NodeJS.ErrnoException, port: number, flag: string, user: string): Error {
  if (error.code === "EADDRINUSE") {
    return new UserError(
      `port ${port}, which ${user} wants, is taken; stop what uses it or give another: ${flag} N`,
    );
  }
  if (error.code === "EACCES") {
    return new UserError(
      `port ${port}, which ${user} wants, needs more rights; give one above 1023: ${flag} N`,
    );
  }
  return error;
}
