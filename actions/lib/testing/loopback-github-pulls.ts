import { deploymentRoutes } from "./loopback-github-deployments.ts";
import { branchHead } from "./loopback-github-repository.ts";
import type { Answer, PullRequestRow, Request, Route, RouteState } from "./loopback-github-route.ts";

const ROUTES: readonly Route[] = [
  ...deploymentRoutes,
  { operation: "GET /repos/{owner}/{repo}/pulls", path: /^\/repos\/acme\/lake\/pulls$/, answer: listPulls },
  { operation: "POST /repos/{owner}/{repo}/pulls", path: /^\/repos\/acme\/lake\/pulls$/, answer: openPull },
  {
    operation: "PATCH /repos/{owner}/{repo}/pulls/{pull_number}",
    path: /^\/repos\/acme\/lake\/pulls\/(\d+)$/,
    answer: changePull,
  },
  {
    operation: "GET /repos/{owner}/{repo}/actions/artifacts",
    path: /^\/repos\/acme\/lake\/actions\/artifacts$/,
    answer: listArtifacts,
  },
  {
    operation: "GET /repos/{owner}/{repo}/actions/artifacts/{artifact_id}/{archive_format}",
    path: /^\/repos\/acme\/lake\/actions\/artifacts\/(\d+)\/zip$/,
    answer: (_state, _request, match) => ({
      status: 302,
      body: undefined,
      headers: { location: `/archives/${match[1]}` },
    }),
  },
];

/** Answers a REST request, and holds both against GitHub's description of the operation. */
export async function pullRequestRoutes(state: RouteState, request: Request): Promise<Answer> {
  const archive = /^\/archives\/(\d+)$/.exec(request.url.pathname);
  if (archive !== null) return { status: 200, body: state.artifacts[Number(archive[1]) - 1]?.zip };
  for (const { operation, path, answer } of ROUTES) {
    const match = path.exec(request.url.pathname);
    if (match === null || !operation.startsWith(`${request.method} `)) continue;
    state.schemas.check(operation, "request", request.body);
    const given = await answer(state, request, match);
    state.schemas.check(operation, given.status, given.body);
    return given;
  }
  throw new Error(`the loopback GitHub has no ${request.method} ${request.url.pathname}`);
}

function listPulls(state: RouteState, { url }: Request): Answer {
  const head = url.searchParams.get("head")?.replace(/^acme:/, "");
  const found = state.pulls.filter(
    (pull) =>
      pull.state === (url.searchParams.get("state") ?? "open") && (head === undefined || pull.head === head),
  );
  const items = found.map((pull) => render(pull, listExample(state)));
  return page(url, items, (body) => body);
}

function listArtifacts(state: RouteState, { url }: Request): Answer {
  const name = url.searchParams.get("name");
  const items = state.artifacts
    .map((artifact, index) => ({ ...artifact, id: index + 1 }))
    .filter((artifact) => name === null || artifact.name === name)
    .reverse()
    .map(({ id, name: own, zip }) => ({
      id,
      node_id: `A_${id}`,
      name: own,
      size_in_bytes: zip.length,
      url: "",
      archive_download_url: "",
      expired: false,
      created_at: null,
      expires_at: null,
      updated_at: null,
    }));
  return page(url, items, (artifacts) => ({ total_count: items.length, artifacts }));
}

function page<T>(url: URL, items: readonly T[], body: (items: T[]) => unknown): Answer {
  const size = Number(url.searchParams.get("per_page") ?? 30);
  const number = Number(url.searchParams.get("page") ?? 1);
  const next = new URL(url);
  next.searchParams.set("page", String(number + 1));
  const more = items.length > number * size;
  return {
    status: 200,
    body: body(items.slice((number - 1) * size, number * size)),
    headers: more ? { link: `<${next.pathname}${next.search}>; rel="next"` } : {},
  };
}

async function openPull(state: RouteState, { body }: Request): Promise<Answer> {
  const { title, head, base, body: text = "" } = body as PullRequestRow;
  if (state.pulls.some((pull) => pull.state === "open" && pull.head === head && pull.base === base)) {
    return refusal(`A pull request already exists for acme:${head}.`);
  }
  if ((await branchHead(state.folder, head)) === undefined) return refusal("head is invalid");
  const pull: PullRequestRow = {
    number: state.pulls.length + 1,
    title,
    body: text,
    head,
    base,
    state: "open",
  };
  state.pulls.push(pull);
  return { status: 201, body: render(pull, state.schemas.example("pull-request")) };
}

function refusal(message: string): Answer {
  return {
    status: 422,
    body: {
      message: "Validation Failed",
      documentation_url: "",
      errors: [{ resource: "PullRequest", code: "custom", message }],
    },
  };
}

function changePull(state: RouteState, { body }: Request, match: RegExpExecArray): Answer {
  const pull = state.pulls.find(({ number }) => number === Number(match[1]));
  if (pull === undefined) throw new Error(`there is no pull request ${match[1]}`);
  Object.assign(pull, body);
  return { status: 200, body: render(pull, state.schemas.example("pull-request")) };
}

function listExample(state: RouteState): Record<string, unknown> {
  const [first] = state.schemas.example("pull-request-simple-items") as unknown as Record<string, unknown>[];
  return structuredClone(first ?? {});
}

function render(pull: PullRequestRow, example: Record<string, unknown>): object {
  const { number, title, body, state: now } = pull;
  const branch = (name: string, given: unknown): object => ({
    ...(given as object),
    ref: name,
    label: `acme:${name}`,
  });
  return {
    ...example,
    // The example's own teams are not as the description has them.
    requested_teams: [],
    number,
    title,
    body,
    state: now,
    html_url: `https://github.example/acme/lake/pull/${number}`,
    head: branch(pull.head, example.head),
    base: branch(pull.base, example.base),
  };
}
