import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { type AddressInfo, createServer as createTcpServer } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { headRequest } from "./head-request.ts";

async function serve(server: Pick<Server, "listen" | "address" | "close">): Promise<URL> {
  server.listen(0, "127.0.0.1");
  await once(server as Server, "listening");
  onTestFinished(() => void server.close());
  return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/v2/`);
}

const signal = (): AbortSignal => AbortSignal.timeout(5_000);

test("many requests go over one connection", async () => {
  let connections = 0;
  const server = createServer((request, response) => {
    const headers = { "docker-content-digest": "sha256:1", "content-length": "1234" };
    response.writeHead(request.method === "HEAD" ? 200 : 500, headers).end();
  }).on("connection", () => connections++);
  const url = await serve(server);
  for (let count = 0; count < 5; count++) {
    const response = await headRequest(url, { headers: { accept: "x/y" }, signal: signal() });
    expect([response.status, response.headers.get("docker-content-digest")]).toEqual([200, "sha256:1"]);
  }
  expect(connections).toBe(1);
});

test("a redirection is followed", async () => {
  const server = createServer((request, response) => {
    if (request.url === "/there") response.writeHead(404).end();
    else response.writeHead(307, { location: "/there" }).end();
  });
  expect((await headRequest(await serve(server), { headers: {}, signal: signal() })).status).toBe(404);
});

test("a connection that breaks is told as `fetch` tells it", async () => {
  const url = await serve(createTcpServer((socket) => socket.destroy()) as unknown as Server);
  const failing = headRequest(url, { headers: {}, signal: signal() });
  await expect(failing).rejects.toMatchObject({ name: "TypeError", cause: { code: "ECONNRESET" } });
});

test("a server that does not answer is left after the time given", async () => {
  const url = await serve(createServer(() => {}));
  const failing = headRequest(url, { headers: {}, signal: AbortSignal.timeout(50) });
  await expect(failing).rejects.toMatchObject({ name: "TimeoutError" });
});
