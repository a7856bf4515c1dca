import { Octokit } from "@octokit/core";
import { paginateRest } from "@octokit/plugin-paginate-rest";
import { retry } from "@octokit/plugin-retry";
import { throttling } from "@octokit/plugin-throttling";
import { UserError } from "../domain/user-error.ts";
import type { Logger } from "../ports/logger.ts";

/** A repository on GitHub, and how to speak to it. */
export interface GitHubOptions {
  /** An App's or a job's token; never logged. */
  token: string;
  owner: string;
  repository: string;
  /** `https://api.github.com`, or a server's own. */
  apiUrl: string;
  /** Where Git reads and pages are: `https://github.com`. */
  serverUrl: string;
  /** Bound of one request, in milliseconds; 30,000 by default. */
  timeoutMs?: number;
  /** First pause before a request is sent again, in milliseconds; 1,000 by default. */
  retryMs?: number;
  /** False sends writes as fast as they come, which GitHub answers with a pause; only for a server of one's own. */
  paced?: boolean;
}

/** The endpoints by their path, typed by GitHub's own description; without the 80 KB of one method for each. */
const Client = Octokit.plugin(paginateRest, retry, throttling);
export type GitHubClient = InstanceType<typeof Client>;

/**
 * Finds the repository that a workflow runs for.
 *
 * @param token the token that the step was given; empty when there is none
 * @param environment the runner's variables
 * @returns `undefined` without a token: then plain Git has to do
 * @throws UserError when the runner did not say which repository
 */
export function githubOptions(
  token: string | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): GitHubOptions | undefined {
  if (token === undefined) return undefined;
  const [owner, repository, ...rest] = (environment.GITHUB_REPOSITORY ?? "").split("/");
  if (!owner || !repository || rest.length > 0) {
    throw new UserError(
      `Input \`github-token\` is given, but GITHUB_REPOSITORY is ${JSON.stringify(environment.GITHUB_REPOSITORY ?? "")}; expected owner/name.`,
    );
  }
  return {
    token,
    owner,
    repository,
    apiUrl: environment.GITHUB_API_URL || "https://api.github.com",
    serverUrl: environment.GITHUB_SERVER_URL || "https://github.com",
  };
}

/**
 * A client that waits where GitHub asks for it, and sends again what a 5xx, a timeout or a broken connection kept
 * from being answered. What it sends may so arrive twice: callers compare and swap.
 *
 * @param options where, and as whom
 * @param logger told of pauses
 */
export function githubClient(options: GitHubOptions, logger: Logger): GitHubClient {
  const timeoutMs = options.timeoutMs ?? 30_000;
  const pause =
    (what: string) =>
    (
      seconds: number,
      request: { method: string; url: string },
      _client: unknown,
      retries: number,
    ): boolean => {
      if (retries >= 2) return false;
      logger.warning(`${what} at ${request.method} ${request.url}: again in ${seconds} s`);
      return true;
    };
  return new Client({
    auth: options.token,
    baseUrl: options.apiUrl.replace(/\/+$/, ""),
    userAgent: "wavehouse",
    // A signal of its own for each attempt: one that has fired would end the next attempt too.
    request: {
      fetch: (url: string, init: RequestInit) =>
        fetch(url, { ...init, signal: AbortSignal.timeout(timeoutMs) }),
    },
    retry: { retryAfterBaseValue: options.retryMs ?? 1_000 },
    throttle: {
      enabled: options.paced ?? true,
      onRateLimit: pause("GitHub's rate limit is used up"),
      onSecondaryRateLimit: pause("GitHub asks to slow down"),
    },
    log: { debug: silent, info: silent, warn: silent, error: silent },
  });
}

function silent(): void {}

/**
 * Lets the `git` program read and write a private repository without a token on its command line or in its settings.
 *
 * @param options the repository
 * @returns variables for Git's environment
 */
export function gitAuthentication({ token, serverUrl }: GitHubOptions): Record<string, string> {
  const key = `http.${serverUrl.replace(/\/+$/, "")}/.extraheader`;
  const basic = Buffer.from(`x-access-token:${token}`).toString("base64");
  return {
    GIT_CONFIG_COUNT: "2",
    GIT_CONFIG_KEY_0: key,
    // An empty value takes back what a checkout may have left: two such headers are refused.
    GIT_CONFIG_VALUE_0: "",
    GIT_CONFIG_KEY_1: key,
    GIT_CONFIG_VALUE_1: `AUTHORIZATION: basic ${basic}`,
  };
}
