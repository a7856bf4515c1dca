import type { CommitStatusRow, DeploymentRow, Route, RouteState } from "./loopback-github-route.ts";

const deployments = /^\/repos\/acme\/lake\/deployments$/;
const statuses = /^\/repos\/acme\/lake\/deployments\/(\d+)\/statuses$/;

export const deploymentRoutes: readonly Route[] = [
  {
    operation: "POST /repos/{owner}/{repo}/deployments",
    path: deployments,
    answer: (state, { body }) => {
      const { ref, environment } = body as { ref: string; environment: string };
      state.deployments.push({ environment, sha: ref, statuses: [] });
      return { status: 201, body: renderDeployment(state, state.deployments.length) };
    },
  },
  {
    operation: "GET /repos/{owner}/{repo}/deployments",
    path: deployments,
    answer: (state, { url }) => {
      const environment = url.searchParams.get("environment");
      const ids = state.deployments.map((_, index) => index + 1).reverse();
      const own = ids.filter((id) => state.deployments[id - 1]?.environment === environment);
      return { status: 200, body: own.map((id) => renderDeployment(state, id)) };
    },
  },
  {
    operation: "POST /repos/{owner}/{repo}/deployments/{deployment_id}/statuses",
    path: statuses,
    answer: (state, { body }, match) => {
      const row = state.deployments[Number(match[1]) - 1];
      if (row === undefined) return { status: 404, body: { message: "Not Found" } };
      row.statuses.push(body as DeploymentRow["statuses"][number]);
      return { status: 201, body: renderStatus(state, row.statuses.at(-1)) };
    },
  },
  {
    operation: "GET /repos/{owner}/{repo}/deployments/{deployment_id}/statuses",
    path: statuses,
    answer: (state, _request, match) => {
      const last = state.deployments[Number(match[1]) - 1]?.statuses.at(-1);
      return { status: 200, body: last === undefined ? [] : [renderStatus(state, last)] };
    },
  },
  {
    operation: "POST /repos/{owner}/{repo}/statuses/{sha}",
    path: /^\/repos\/acme\/lake\/statuses\/([0-9a-f]{40})$/,
    answer: (state, { body }, match) => {
      const row = { ...(body as Omit<CommitStatusRow, "sha">), sha: match[1] ?? "" };
      state.commitStatuses.push(row);
      const example = state.schemas.example("status");
      return { status: 201, body: { ...example, state: row.state, context: row.context } };
    },
  },
];

function renderDeployment(state: RouteState, id: number): object {
  const { environment = "", sha = "" } = state.deployments[id - 1] ?? {};
  return { ...state.schemas.example("deployment"), id, sha, ref: sha, environment };
}

function renderStatus(state: RouteState, row: { state: string; description: string } | undefined): object {
  return { ...state.schemas.example("deployment-status"), ...row };
}
