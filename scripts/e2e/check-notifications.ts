import { generateKeyPairSync } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { goTool } from "../../actions/lib/adapters/go-tools.ts";
import { runProcess } from "../../actions/lib/adapters/process.ts";
import { repositoryRoot, toolsDir } from "../setup/repository.ts";
import { expectThat } from "./checks.ts";
import type { E2e } from "./context.ts";
import { environment } from "./environment.ts";

const settings = "manifests/cicd/argo-cd-notifications/settings.yaml";
const templates = ["template.deployment-success", "template.deployment-failure"];
const deploymentId = 7;

/** What became of a delivery is told to GitHub: Argo CD's own notifications, on the root as it is here. */
export async function checkNotifications(e2e: E2e, kubeconfig: string): Promise<void> {
  const { checks } = e2e;
  checks.group("notifications", "GitHub is told what became of a delivery");
  const folder = await mkdtemp(join(tmpdir(), "wavehouse-notifications-"));
  const github = await startGitHub();
  try {
    const argocd = await connect(folder, github.address, kubeconfig);
    await checks.check("the root is found healthy, and not failed", async () => {
      const healthy = await argocd("trigger", "run", "environment-healthy", "root");
      const failed = await argocd("trigger", "run", "environment-failed", "root");
      expectThat(/\btrue\s*$/.test(healthy), `environment-healthy says:\n${healthy}`);
      expectThat(/\bfalse\s*$/.test(failed), `environment-failed says:\n${failed}`);
      return undefined;
    });
    await checks.check("the deployment of its commit is ended, and no other is made", async () => {
      await argocd("template", "notify", "deployment-success", "root", "--recipient", "github:");
      const root = e2e.applications.latest().find(({ metadata }) => metadata.name === "root");
      const commit = root?.status?.sync?.revision;
      const at = "/api/v3/repos/acme/lake/deployments";
      expectThat(
        github.requests.some((one) => one.startsWith(`GET ${at}?`) && one.includes(`ref=${commit}`)),
        `nobody asked for the deployment of ${commit}; asked was\n${github.requests.join("\n")}`,
      );
      const [status, ...more] = github.statuses;
      expectThat(
        status !== undefined && more.length === 0,
        `${github.statuses.length} statuses were written`,
      );
      expectThat(
        status.path === `${at}/${deploymentId}/statuses` &&
          status.body.state === "success" &&
          status.body.environment === environment,
        `what was written is ${JSON.stringify(status)}`,
      );
      return `${String(commit).slice(0, 12)}: success`;
    });
  } finally {
    await github.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

/** @returns a function that runs `argocd admin notifications` with the repository's settings */
async function connect(
  folder: string,
  address: string,
  kubeconfig: string,
): Promise<(...args: string[]) => Promise<string>> {
  const program = await goTool("argo-cd", toolsDir);
  const map = parse(await readFile(join(repositoryRoot, settings), "utf8"));
  // This machine's stand for GitHub's, and a repository there for the one on this machine.
  map.data["service.github"] += `enterpriseBaseURL: ${address}\n`;
  for (const name of templates)
    map.data[name] = map.data[name].replace(
      /^github:\n/m,
      "github:\n  repoURLPath: https://github.com/acme/lake\n",
    );
  const { privateKey } = generateKeyPairSync("rsa", {
    modulusLength: 2048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs1", format: "pem" },
  });
  const secret = {
    ...{ apiVersion: "v1", kind: "Secret", metadata: { name: "argocd-notifications-secret" } },
    stringData: { "github-app-id": "1", "github-installation-id": "2", "github-private-key": privateKey },
  };
  const files = { map: join(folder, "settings.yaml"), secret: join(folder, "secret.yaml") };
  await writeFile(files.map, stringify(map));
  await writeFile(files.secret, stringify(secret), { mode: 0o600 });
  return async (...args) => {
    const { stdout, stderr } = await runProcess({
      file: program,
      args: [
        ...["admin", "notifications", ...args, "--namespace", "cicd"],
        ...["--config-map", files.map, "--secret", files.secret],
      ],
      // One program, which is what it is called.
      env: { ARGOCD_BINARY_NAME: "argocd", KUBECONFIG: kubeconfig },
      timeoutMs: 120_000,
    });
    return `${stdout}${stderr}`.trim();
  };
}

interface Status {
  path: string;
  body: { state?: string; environment?: string };
}

/** The part of GitHub that ends a deployment: one is under way. */
async function startGitHub() {
  const requests: string[] = [];
  const statuses: Status[] = [];
  const server = createServer(async (request, response) => {
    const { method, url = "" } = request;
    requests.push(`${method} ${url}`);
    const body = await read(request);
    const answer = (code: number, value: object): void => {
      response.writeHead(code, { "content-type": "application/json" }).end(JSON.stringify(value));
    };
    if (url.endsWith("/app/installations/2/access_tokens"))
      return answer(201, { token: "t", expires_at: new Date(Date.now() + 3_600_000).toISOString() });
    if (method === "GET" && url.includes("/deployments?")) return answer(200, [{ id: deploymentId }]);
    if (method === "POST" && url.endsWith("/statuses")) {
      statuses.push({ path: url, body: JSON.parse(body) });
      return answer(201, { id: 1 });
    }
    answer(404, { message: "Not Found" });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server has no port");
  return {
    address: `http://127.0.0.1:${address.port}`,
    requests,
    statuses,
    stop: () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
}

async function read(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of request.setEncoding("utf8")) text += chunk;
  return text;
}
