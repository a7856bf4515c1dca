import { once } from "node:events";
import http from "node:http";
import https from "node:https";

/** Registries answer such a request with hardly more headers than this many bytes. */
const MAX_HEADER_BYTES = 32 * 1024;

/**
 * Asks for the headers alone, over a connection that the next request takes again. `fetch` closes the connection after
 * each HEAD, and looking up hundreds of images would be mostly the shaking of hands.
 *
 * @param url http or https
 * @returns the answer, without a body; a redirection is followed
 * @throws the connection's error, or the signal's reason
 */
export async function headRequest(
  url: URL,
  { headers, signal }: { headers: Record<string, string>; signal: AbortSignal },
): Promise<Response> {
  const response = await new Promise<http.IncomingMessage>((resolve, reject) => {
    const { request } = url.protocol === "https:" ? https : http;
    request(url, { method: "HEAD", headers, signal, maxHeaderSize: MAX_HEADER_BYTES }, resolve)
      .on("error", (error) =>
        reject(signal.aborted ? signal.reason : new TypeError("fetch failed", { cause: error })),
      )
      .end();
  });
  // Only an answer that was read to its end gives the connection back.
  await once(response.resume(), "end");
  const { statusCode = 0 } = response;
  // Rare, and with rules of its own for what may be sent to another host.
  if (statusCode >= 300 && statusCode < 400) return fetch(url, { method: "HEAD", headers, signal });
  return new Response(null, { status: statusCode, headers: pairs(response.rawHeaders) });
}

function pairs(raw: readonly string[]): [string, string][] {
  return raw.flatMap((name, index) =>
    index % 2 === 0 ? [[name, raw[index + 1] ?? ""] as [string, string]] : [],
  );
}
