import { isLoopback } from "../domain/image-reference.ts";
import { UserError } from "../domain/user-error.ts";
import type { Wait } from "../ports/wait.ts";
import { headRequest } from "./head-request.ts";
import { explainNoAnswer, explainStatus, type RegistryFailure } from "./registry-failure.ts";
import { type Login, readLogin } from "./registry-logins.ts";
import { wait } from "./wait.ts";

/** Bounds of requests, and what tests put in the place of the world. */
export interface RegistryClientOptions {
  /** Bound of one look-up, in milliseconds; 30,000 by default. */
  lookUpTimeoutMs?: number;
  /** Bound of one push of a blob, in milliseconds; 300,000 by default. */
  pushTimeoutMs?: number;
  /** How often a request is sent, at most, when the registry fails in a way that may pass; four times by default. */
  tries?: number;
  sleep?: Wait;
  /** A number from 0 to 1, for the jitter. */
  random?: () => number;
  login?: (host: string) => Promise<Login | undefined>;
}

/** One request to a repository of a registry. */
export interface RegistryRequest {
  method: "GET" | "HEAD" | "POST" | "PUT" | "PATCH";
  host: string;
  /** The repository, for its token. */
  name: string;
  /** `/v2/…`, or an absolute address that the registry gave. */
  path: string;
  headers?: Readonly<Record<string, string>>;
  /** Bytes, or what opens a stream anew for each try. */
  body?: Uint8Array | (() => Promise<ReadableStream<Uint8Array>>);
  /** Statuses that are an answer; anything else is explained and thrown. */
  expect: readonly number[];
  /** Repositories of the same registry that the token must also be good for. */
  alsoPull?: readonly string[];
}

export type RegistryClient = (request: RegistryRequest) => Promise<Response>;

const TRIES = 4;
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 30_000;

/**
 * Speaks the distribution spec's HTTP. Asks for tokens as registries want them, with this machine's logins, and sends
 * again what 429, 5xx or a broken connection kept from being answered. Plain HTTP is spoken with this machine's own
 * registry only.
 *
 * @param options bounds
 */
export function registryClient(options: RegistryClientOptions = {}): RegistryClient {
  const login = options.login ?? readLogin;
  const logins = new Map<string, Promise<Login | undefined>>();
  const tokens = new Map<string, string>();
  const loginOf = (host: string): Promise<Login | undefined> => {
    const known = logins.get(host) ?? login(host);
    logins.set(host, known);
    return known;
  };
  return async (request) => {
    const { host, name, alsoPull = [] } = request;
    const key = [host, name, ...alsoPull].join(" ");
    let response = await persist(request, tokens.get(key), options);
    if (response.status === 401 && !request.expect.includes(401)) {
      const challenge = response.headers.get("www-authenticate") ?? "";
      const token = await authorize(challenge, request, await loginOf(host), options);
      if (token !== undefined) {
        await response.body?.cancel();
        tokens.set(key, token);
        response = await persist(request, token, options);
      }
    }
    if (request.expect.includes(response.status)) return response;
    const failure = explainStatus(
      host,
      { status: response.status, body: await bodyOf(response) },
      tell(request),
    );
    throw new UserError(failure.message);
  };
}

/** Sends a request until it is answered by something that will not pass by itself. */
function persist(
  request: RegistryRequest,
  authorization: string | undefined,
  options: RegistryClientOptions,
): Promise<Response> {
  const isAnswer = ({ status }: Response): boolean => status < 429 || request.expect.includes(status);
  return insist(request.host, tell(request), options, isAnswer, () => send(request, authorization, options));
}

async function insist(
  host: string,
  asked: string,
  options: RegistryClientOptions,
  isAnswer: (response: Response) => boolean,
  ask: () => Promise<Response>,
): Promise<Response> {
  const tries = options.tries ?? TRIES;
  for (let tried = 1; ; tried++) {
    let failure: RegistryFailure;
    let pause = 0;
    try {
      const response = await ask();
      if (isAnswer(response)) return response;
      failure = explainStatus(host, { status: response.status, body: await bodyOf(response) }, asked);
      pause = pauseOf(response);
    } catch (error) {
      if (error instanceof UserError) throw error;
      failure = explainNoAnswer(host, error);
    }
    if (failure.kind === "lasting" || tried >= tries) {
      const often = failure.kind === "passing" ? ` (tried ${tried} times)` : "";
      throw new UserError(`${failure.message}${often}`);
    }
    // Half of it fixed, half by chance: many jobs that failed together do not come back together.
    const half = Math.min(FIRST_WAIT_MS * 2 ** (tried - 1), LONGEST_WAIT_MS) / 2;
    const own = half + half * (options.random ?? Math.random)();
    await (options.sleep ?? wait)(Math.min(Math.max(own, pause), LONGEST_WAIT_MS));
  }
}

/** @returns what `Retry-After` asks for, in milliseconds: seconds, or a date by the registry's own clock */
function pauseOf({ headers }: Response): number {
  const asked = headers.get("retry-after");
  if (asked === null) return 0;
  const seconds = Number(asked);
  const now = Date.parse(headers.get("date") ?? "") || Date.now();
  const pause = Number.isNaN(seconds) ? Date.parse(asked) - now : seconds * 1000;
  return Number.isNaN(pause) ? 0 : pause;
}

async function send(
  { method, host, path, headers, body }: RegistryRequest,
  authorization: string | undefined,
  options: RegistryClientOptions,
): Promise<Response> {
  const url = new URL(path, addressOf(host));
  const upload = body !== undefined;
  const timeoutMs = upload ? (options.pushTimeoutMs ?? 300_000) : (options.lookUpTimeoutMs ?? 30_000);
  // An upload may continue at another host, which has an address of its own to know us by.
  const known = authorization !== undefined && url.host === new URL(addressOf(host)).host;
  const sent = { "user-agent": "wavehouse", ...headers, ...(known ? { authorization } : {}) };
  const signal = AbortSignal.timeout(timeoutMs);
  if (method === "HEAD") return headRequest(url, { headers: sent, signal });
  return fetch(url, {
    method,
    headers: sent,
    signal,
    ...(typeof body === "function"
      ? { body: await body(), duplex: "half" as const }
      : body === undefined
        ? {}
        : { body: Buffer.from(body) }),
  });
}

function addressOf(host: string): string {
  return `${isLoopback(host) ? "http" : "https"}://${host}`;
}

/** @returns the value of `Authorization`, or `undefined` when nobody is logged in or it is not understood */
async function authorize(
  challenge: string,
  { host, name, method, alsoPull = [] }: RegistryRequest,
  login: Login | undefined,
  options: RegistryClientOptions,
): Promise<string | undefined> {
  if (/^basic\b/i.test(challenge)) return basicOf(login);
  if (!/^bearer\b/i.test(challenge)) return undefined;
  const fields = new Map(
    [...challenge.matchAll(/(\w+)="([^"]*)"/g)].map(([, key = "", value = ""]) => [key, value]),
  );
  const realm = fields.get("realm") ?? "";
  // A registry on the way must not get the password in the clear.
  if (!realm.startsWith("https://") && !isLoopback(realm.replace(/^http:\/\//, ""))) return undefined;
  const rights = method === "GET" || method === "HEAD" ? "pull" : "pull,push";
  const scopes = [
    fields.get("scope") ?? `repository:${name}:${rights}`,
    ...alsoPull.map((other) => `repository:${other}:pull`),
  ];
  const service = fields.get("service");
  const form = new URLSearchParams(service === undefined ? {} : { service });
  const init: RequestInit = {};
  const url = new URL(realm);
  if (login !== undefined && "identityToken" in login) {
    form.set("grant_type", "refresh_token");
    form.set("refresh_token", login.identityToken);
    form.set("client_id", "wavehouse");
    form.set("scope", scopes.join(" "));
    Object.assign(init, { method: "POST", body: form });
  } else {
    for (const scope of scopes) form.append("scope", scope);
    for (const [key, value] of form) url.searchParams.append(key, value);
    const basic = basicOf(login);
    if (basic !== undefined) init.headers = { authorization: basic };
  }
  // Who makes the tokens is as busy as the registry.
  const asked = `GET ${url.host}${url.pathname}`;
  const ask = (): Promise<Response> =>
    fetch(url, { ...init, signal: AbortSignal.timeout(options.lookUpTimeoutMs ?? 30_000) });
  const response = await insist(url.host, asked, options, ({ status }) => status < 429, ask);
  if (!response.ok) {
    const told = { status: response.status, body: await bodyOf(response) };
    throw new UserError(explainStatus(host, told, asked).message);
  }
  const { token, access_token } = (await response.json()) as { token?: string; access_token?: string };
  const given = token ?? access_token;
  return given === undefined ? undefined : `Bearer ${given}`;
}

function basicOf(login: Login | undefined): string | undefined {
  if (login === undefined || !("user" in login)) return undefined;
  return `Basic ${Buffer.from(`${login.user}:${login.password}`).toString("base64")}`;
}

/** What went wrong on the way does not matter: the status says it already. */
function bodyOf(response: Response): Promise<string> {
  return response.text().catch(() => "");
}

function tell({ method, path }: RegistryRequest): string {
  return `${method} ${path.replace(/[?#].*/, "").replace(/^https?:\/\/[^/]*/, "")}`;
}
