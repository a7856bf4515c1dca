import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { onTestFinished } from "vitest";

/** A web server on a free port of 127.0.0.1. */
export interface StubServer {
  /** `127.0.0.1:<port>`. */
  host: string;
  /** `GET /v2/`, one for each request so far. */
  readonly requests: readonly string[];
}

/**
 * Starts a server that answers as told, until the running test ends.
 *
 * @param answer what to do with a request
 */
export async function stubServer(
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<StubServer> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`);
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server has no port");
  return { host: `127.0.0.1:${address.port}`, requests };
}

/** @returns a port of 127.0.0.1 that nothing listens on */
export async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("the server has no port");
  return address.port;
}
