import type { GitHubSchemas } from "./loopback-github-schemas.ts";

/** A deployment of the loopback GitHub; its last status is what it says now. */
export interface DeploymentRow {
  environment: string;
  sha: string;
  statuses: { state: string; description: string }[];
}

/** A status of a commit. */
export interface CommitStatusRow {
  sha: string;
  context: string;
  state: string;
  description: string;
}

/** A pull request of the loopback GitHub. */
export interface PullRequestRow {
  number: number;
  title: string;
  body: string;
  head: string;
  base: string;
  state: "open" | "closed";
}

/** What the routes work on. */
export interface RouteState {
  folder: string;
  schemas: GitHubSchemas;
  pulls: PullRequestRow[];
  artifacts: { name: string; zip: Uint8Array }[];
  deployments: DeploymentRow[];
  commitStatuses: CommitStatusRow[];
}

/** A request to it. */
export interface Request {
  method: string;
  url: URL;
  body: unknown;
}

/** What it answers. */
export interface Answer {
  status: number;
  body: unknown;
  headers?: Record<string, string>;
}

/** What is answered to one operation of GitHub's. */
export interface Route {
  operation: string;
  path: RegExp;
  answer: (state: RouteState, request: Request, match: RegExpExecArray) => Answer | Promise<Answer>;
}
