import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { GraphQLError, graphql } from "graphql";
import { onTestFinished } from "vitest";
import type { GitHubOptions } from "../adapters/github-client.ts";
import { pullRequestRoutes } from "./loopback-github-pulls.ts";
import { bareGit, branchHead, commitOnBranch, updateRefs } from "./loopback-github-repository.ts";
import type { CommitStatusRow, DeploymentRow, PullRequestRow, RouteState } from "./loopback-github-route.ts";
import { githubSchemas } from "./loopback-github-schemas.ts";

/** What goes wrong with one request: nothing, an answer of that status, no answer, or one that gets lost. */
export type Fault = undefined | number | "no-answer" | "answer-lost";

/** A GitHub on this machine, whose repository is a real bare one. */
export interface LoopbackGitHub {
  options: GitHubOptions;
  /** `POST /graphql createCommitOnBranch`, one for each request so far. */
  readonly requests: readonly string[];
  readonly pulls: readonly PullRequestRow[];
  /** What was not as GitHub describes it: the tests' last word is that there is none. */
  readonly violations: readonly string[];
  /** Bodies of artifacts' archives by name, newest last. */
  readonly artifacts: { name: string; zip: Uint8Array }[];
  /** Oldest first; tests may add statuses as a cluster's side would. */
  readonly deployments: DeploymentRow[];
  readonly commitStatuses: readonly CommitStatusRow[];
}

/** What differs from a GitHub that is well. */
export interface LoopbackOptions {
  /** Asked before each request. */
  fault?: (request: string) => Fault | Promise<Fault>;
  /** Branches that only pull requests may change. */
  protectedBranches?: readonly string[];
}

const OWNER = "acme";
const NAME = "lake";

/**
 * Starts it, until the running test ends. Every request and every answer is held against GitHub's GraphQL schema or
 * OpenAPI description; one that does not fit is answered with 500 and noted.
 *
 * @param folder a bare repository
 * @param options what goes wrong
 */
export async function startLoopbackGitHub(
  folder: string,
  options: LoopbackOptions = {},
): Promise<LoopbackGitHub> {
  const schemas = await githubSchemas();
  const state: State = {
    ...{ folder, options, schemas, requests: [], pulls: [], violations: [], artifacts: [] },
    ...{ deployments: [], commitStatuses: [] },
  };
  const server = createServer((request, response) => {
    serve(state, request, response).catch((error: unknown) => {
      state.violations.push(String(error));
      if (!response.headersSent) response.writeHead(500, { "content-type": "application/json" });
      response.end(JSON.stringify({ message: String(error) }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server has no port");
  const url = `http://127.0.0.1:${address.port}`;
  return {
    options: {
      token: "ghs_test",
      owner: OWNER,
      repository: NAME,
      apiUrl: url,
      serverUrl: url,
      timeoutMs: 2_000,
      retryMs: 10,
      paced: false,
    },
    requests: state.requests,
    pulls: state.pulls,
    violations: state.violations,
    artifacts: state.artifacts,
    deployments: state.deployments,
    commitStatuses: state.commitStatuses,
  };
}

export interface State extends RouteState {
  options: LoopbackOptions;
  requests: string[];
  violations: string[];
}

interface Answer {
  status: number;
  body: unknown;
  headers?: Record<string, string>;
}

async function serve(state: State, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? "/", "http://loopback");
  const text = await readBody(request);
  const body: unknown = text === "" ? undefined : JSON.parse(text);
  const isGraphQL = url.pathname === "/graphql";
  const what = `${request.method} ${url.pathname}${isGraphQL ? ` ${mutationOf(body)}` : ""}`;
  state.requests.push(what);
  if (!/^(?:token|bearer) ghs_/i.test(request.headers.authorization ?? "")) {
    return send(response, { status: 401, body: { message: "Bad credentials" } });
  }
  const fault = await state.options.fault?.(what);
  if (fault === "no-answer") return;
  if (typeof fault === "number") return send(response, { status: fault, body: { message: "injected" } });
  const answer = isGraphQL
    ? await answerGraphQL(state, body as GraphQLRequest)
    : await pullRequestRoutes(state, { method: request.method ?? "GET", url, body });
  if (fault === "answer-lost") return void response.destroy();
  if (answer.status === 302) return void response.writeHead(302, answer.headers).end();
  send(response, answer);
}

function send(response: ServerResponse, { status, body, headers = {} }: Answer): void {
  if (body instanceof Uint8Array) {
    response.writeHead(status, { "content-type": "application/zip", ...headers }).end(body);
    return;
  }
  response.writeHead(status, { "content-type": "application/json; charset=utf-8", ...headers });
  response.end(JSON.stringify(body));
}

async function readBody(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString();
}

interface GraphQLRequest {
  query: string;
  variables?: Record<string, unknown>;
}

function mutationOf(body: unknown): string {
  return /\{\s*(\w+)/.exec((body as GraphQLRequest).query)?.[1] ?? "";
}

async function answerGraphQL(state: State, { query, variables }: GraphQLRequest): Promise<Answer> {
  const result = await graphql({
    schema: state.schemas.graphql,
    source: query,
    rootValue: resolvers(state),
    ...(variables === undefined ? {} : { variableValues: variables }),
  });
  // What our own resolvers refuse has a type, like GitHub's errors; what the schema refuses has none.
  const foreign = result.errors?.filter(({ extensions }) => extensions.type === undefined) ?? [];
  state.violations.push(...foreign.map(({ message }) => `GraphQL: ${message}`));
  const errors = result.errors?.map((error) => ({ ...error.toJSON(), type: error.extensions.type }));
  return { status: 200, body: errors === undefined ? { data: result.data } : { data: result.data, errors } };
}

interface CommitInput {
  branch: { repositoryNameWithOwner: string; branchName: string };
  expectedHeadOid: string;
  message: { headline: string; body?: string };
  fileChanges: { additions: { path: string; contents: string }[]; deletions: { path: string }[] };
}

interface RefsInput {
  repositoryId: string;
  refUpdates: { name: string; beforeOid?: string; afterOid: string }[];
}

function resolvers(state: State): object {
  const { folder } = state;
  const refuse = (type: string, message: string): never => {
    throw new GraphQLError(message, { extensions: { type } });
  };
  return {
    repository: async ({ owner, name }: { owner: string; name: string }) =>
      owner === OWNER && name === NAME
        ? {
            id: "R_1",
            ref: async ({ qualifiedName }: { qualifiedName: string }) => {
              const head = await branchHead(folder, qualifiedName.replace(/^refs\/heads\//, ""));
              return head === undefined ? null : { target: { __typename: "Commit", oid: head } };
            },
          }
        : null,
    createCommitOnBranch: async ({ input }: { input: CommitInput }) => {
      const { branchName, repositoryNameWithOwner } = input.branch;
      if (repositoryNameWithOwner !== `${OWNER}/${NAME}`)
        refuse("NOT_FOUND", "Could not resolve to a Repository");
      if (state.options.protectedBranches?.includes(branchName)) {
        refuse(
          "UNPROCESSABLE",
          "Repository rule violations found: Changes must be made through a pull request.",
        );
      }
      const commit = await commitOnBranch(folder, {
        branch: branchName,
        expected: input.expectedHeadOid,
        headline: input.message.headline,
        body: input.message.body ?? "",
        ...input.fileChanges,
      });
      if (commit === "stale") {
        refuse(
          "STALE_DATA",
          `Expected branch to point to "${await branchHead(folder, branchName)}" but it did not. Pull and try again.`,
        );
      }
      return { commit: { oid: commit } };
    },
    updateRefs: async ({ input }: { input: RefsInput }) => {
      const updates = input.refUpdates.map(({ name, beforeOid, afterOid }) => ({
        name,
        before: beforeOid,
        after: afterOid,
      }));
      if (!(await updateRefs(folder, updates))) {
        refuse("STALE_DATA", "A ref is at another commit but expected at the one given");
      }
      return { clientMutationId: null };
    },
  };
}

/** @returns the commit of a ref, for the routes */
export function commitOf(state: State, branch: string): Promise<string> {
  return bareGit(state.folder, ["rev-parse", "--verify", `refs/heads/${branch}`]);
}
