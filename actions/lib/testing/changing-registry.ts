import { type StubServer, stubServer } from "./stub-server.ts";

/**
 * Stands before a real registry and changes one byte of each layer that it gives.
 *
 * @param host the real one
 */
export function changingRegistry(host: string): Promise<StubServer> {
  return stubServer(async (request, response) => {
    const { method = "GET", url = "/" } = request;
    const answer = await fetch(`http://${host}${url}`, { method, headers: { accept: "*/*" } });
    const bytes = Buffer.from(await answer.arrayBuffer());
    const isLayer = bytes[0] === 0x1f && bytes[1] === 0x8b;
    if (isLayer) bytes[bytes.length - 9] = (bytes.at(-9) ?? 0) ^ 1;
    const headers = ["content-type", "docker-content-digest"].flatMap((name) => {
      const value = answer.headers.get(name);
      return value === null ? [] : [[name, value] as const];
    });
    response.writeHead(answer.status, Object.fromEntries(headers)).end(method === "HEAD" ? undefined : bytes);
  });
}
