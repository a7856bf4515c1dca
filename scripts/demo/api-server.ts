import { readFileSync } from "node:fs";
import { createServer, type Server, type ServerResponse } from "node:http";
import { readBreweriesCsv } from "./breweries-csv.ts";
import { portFault } from "./free-port.ts";

/** A loopback server that speaks Open Brewery DB's API. */
export interface ApiServer {
  /** The address of the records, as a source's `url`. */
  url: string;
  /** How many records it serves. */
  total: number;
  stop(): Promise<void>;
}

const path = "/v1/breweries";
const maximumPage = 200;
const defaultPage = 50;

/** The records to serve, in their order: as they are, or a file of them (a CSV, or a JSON list). */
export type ApiRecords = { records: readonly unknown[] } | { file: string };

/**
 * Serves records as the real API does: `/v1/breweries?page=&per_page=` and `/v1/breweries/meta`.
 *
 * @param options the port (0: any that is free), the records, and the address to listen on when it is not loopback
 * @throws UserError when the port is taken, or the file is not what its name says, with file and line
 */
export async function startApi(options: { port: number; host?: string } & ApiRecords): Promise<ApiServer> {
  const host = options.host ?? "127.0.0.1";
  const records = "records" in options ? options.records : readRecords(options.file);
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? "/", "http://localhost");
    if (request.method !== "GET") return answer(response, 405, { message: "method not allowed" });
    if (url.pathname === path) return answer(response, 200, page(records, url.searchParams));
    if (url.pathname === `${path}/meta`) return answer(response, 200, meta(records, url.searchParams));
    return answer(response, 404, { message: "not found" });
  });
  await listen(server, host, options.port);
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : options.port;
  return { url: `http://${host}:${port}${path}`, total: records.length, stop: () => close(server) };
}

/**
 * Whether an API answers with JSON within the time.
 *
 * @param url an address that answers little, for instance that of the total
 */
export async function apiReachable(url: string, timeoutMs: number): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(timeoutMs) });
    if (!response.ok) return false;
    await response.json();
    return true;
  } catch {
    return false;
  }
}

function readRecords(file: string): readonly unknown[] {
  return file.endsWith(".json")
    ? (JSON.parse(readFileSync(file, "utf8")) as unknown[])
    : readBreweriesCsv(file);
}

function page(records: readonly unknown[], query: URLSearchParams): unknown[] {
  const { number, size } = paging(query);
  return records.slice((number - 1) * size, number * size);
}

/** The real API tells its numbers as texts here. */
function meta(records: readonly unknown[], query: URLSearchParams): Record<string, string> {
  const { number, size } = paging(query);
  return { total: String(records.length), page: String(number), per_page: String(size) };
}

function paging(query: URLSearchParams): { number: number; size: number } {
  const size = Math.min(positive(query.get("per_page")) ?? defaultPage, maximumPage);
  return { number: positive(query.get("page")) ?? 1, size };
}

function positive(text: string | null): number | undefined {
  const value = Number(text ?? "");
  return Number.isInteger(value) && value > 0 ? value : undefined;
}

function answer(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json; charset=utf-8" });
  response.end(JSON.stringify(body));
}

async function listen(server: Server, host: string, port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      reject(portFault(error, port, "--api-port", "the loopback API"));
    });
    server.listen({ host, port }, () => resolve());
  });
}

async function close(server: Server): Promise<void> {
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
