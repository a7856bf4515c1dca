import { spawn } from "node:child_process";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";

/**
 * Makes a server that lets everyone read the Git repositories of a folder, over Git's smart HTTP protocol, and nobody
 * write: `git http-backend` takes pushes from those only who have logged in, and here there is no login.
 *
 * @param root the folder that the repositories are in
 * @param log takes a line for each request that failed
 */
export function createGitServer(root: string, log: (line: string) => void): Server {
  return createServer((request, response) => {
    const child = spawn("git", ["http-backend"], { env: cgiEnvironment(root, request) });
    const fail = (error: unknown): void => {
      log(`${request.method} ${request.url}: ${String(error)}`);
      if (response.headersSent) response.destroy();
      else response.writeHead(500).end();
    };
    child.on("error", fail);
    child.stderr.on("data", (text) => log(`${request.method} ${request.url}: ${String(text).trimEnd()}`));
    // A client that leaves must not leave Git behind.
    response.on("close", () => child.kill());
    child.stdin.on("error", () => {});
    request.pipe(child.stdin);
    answer(child.stdout, response, fail);
  });
}

function cgiEnvironment(root: string, request: IncomingMessage): NodeJS.ProcessEnv {
  const url = new URL(request.url ?? "/", "http://git");
  const header = (name: string): string => String(request.headers[name] ?? "");
  return {
    PATH: process.env.PATH,
    GIT_PROJECT_ROOT: root,
    GIT_HTTP_EXPORT_ALL: "1",
    // The folder may belong to another user than the one that serves it.
    GIT_CONFIG_COUNT: "1",
    GIT_CONFIG_KEY_0: "safe.directory",
    GIT_CONFIG_VALUE_0: "*",
    GIT_PROTOCOL: header("git-protocol"),
    PATH_INFO: decodeURIComponent(url.pathname),
    QUERY_STRING: url.search.slice(1),
    REQUEST_METHOD: request.method,
    CONTENT_TYPE: header("content-type"),
    HTTP_CONTENT_ENCODING: header("content-encoding"),
    REMOTE_ADDR: request.socket.remoteAddress,
  };
}

/** Turns what a CGI program writes, headers first, into an answer. */
function answer(
  output: NodeJS.ReadableStream,
  response: ServerResponse,
  fail: (error: unknown) => void,
): void {
  let head = Buffer.alloc(0);
  const onData = (chunk: Buffer): void => {
    head = Buffer.concat([head, chunk]);
    const end = head.indexOf("\r\n\r\n");
    if (end < 0) return;
    output.off("data", onData);
    const { status, headers } = parseCgiHead(head.subarray(0, end).toString("latin1"));
    response.writeHead(status, headers);
    response.write(head.subarray(end + 4));
    output.pipe(response);
  };
  output.on("data", onData);
  output.on("error", fail);
  output.on("end", () => {
    if (!response.headersSent) fail(new Error("git http-backend gave no answer"));
  });
}

/** The head of a CGI answer: its status is a header like the others. */
export function parseCgiHead(text: string): { status: number; headers: [string, string][] } {
  const fields = text.split("\r\n").map((line): [string, string] => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon), line.slice(colon + 1).trim()];
  });
  const status = fields.find(([name]) => name.toLowerCase() === "status")?.[1];
  return {
    status: status === undefined ? 200 : Number.parseInt(status, 10),
    headers: fields.filter(([name]) => name.toLowerCase() !== "status"),
  };
}
