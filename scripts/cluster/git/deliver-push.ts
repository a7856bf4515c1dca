import { request as requestPlain } from "node:http";
import { request as requestSecure } from "node:https";
import { setTimeout as sleep } from "node:timers/promises";
import { ProcessError, runProcess } from "../../../actions/lib/adapters/process.ts";
import type { Kubectl } from "../kubectl.ts";
import { type Push, parseNameStatus, pushEvent, type WebhookRequest } from "./push-event.ts";

/** Where the webhook goes, and whose secret it is signed with. */
const service = { namespace: "cicd", name: "argocd-server" };
const secret = { namespace: "management", name: "git", key: "webhook-secret" };

/** Waits between the tries: Argo CD's server may just be rolled over. */
const waitsMs = [500, 1_000, 2_000, 4_000, 8_000, 15_000, 30_000];

/**
 * Tells Argo CD of a push, so that it syncs at once instead of within minutes. Where there is no Argo CD there is
 * nobody to tell.
 *
 * @param repository the bare repository's folder
 * @param repositoryUrl the URL that Applications read from
 * @param line what Git tells a hook: `<before> <after> <ref>`
 * @param waits between the tries, in milliseconds
 * @returns what came of it, for the log
 */
export async function deliverPush(
  repository: string,
  repositoryUrl: string,
  line: string,
  kubectl: Pick<Kubectl, "json">,
  waits: readonly number[] = waitsMs,
): Promise<string> {
  const push = await readPush(repository, line);
  const told = `${push.ref} at ${push.after.slice(0, 12)}`;
  let problem = "";
  for (const waitMs of [0, ...waits]) {
    await sleep(waitMs);
    try {
      const address = await serverAddress(kubectl);
      if (address === undefined) return `${told}: no Argo CD to tell`;
      const status = await post(address, pushEvent(push, repositoryUrl, await readSecret(kubectl)));
      if (status < 300) return `${told}: Argo CD told`;
      problem = `it answered ${status}`;
    } catch (error) {
      problem = error instanceof Error ? error.message : String(error);
    }
  }
  return `${told}: Argo CD could not be told (${problem}); it finds the commit by itself within minutes`;
}

async function readPush(repository: string, line: string): Promise<Push> {
  const [before = "", after = "", ref = ""] = line.trim().split(" ");
  const emptyTree = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";
  const from = /^0+$/.test(before) ? emptyTree : before;
  const { stdout } = await runProcess({
    file: "git",
    args: ["diff", "--name-status", "--no-renames", "-z", from, after],
    cwd: repository,
  });
  return { ref, before, after, ...parseNameStatus(stdout.toString()) };
}

async function serverAddress(kubectl: Pick<Kubectl, "json">): Promise<string | undefined> {
  const found = await kubectl
    .json<{ spec: { clusterIP: string } }>([
      "get",
      "service",
      service.name,
      `--namespace=${service.namespace}`,
    ])
    .catch((error: unknown) => {
      if (error instanceof ProcessError && /not found/i.test(error.stderr)) return undefined;
      throw error;
    });
  return found?.spec.clusterIP;
}

async function readSecret(kubectl: Pick<Kubectl, "json">): Promise<string> {
  const { name, namespace, key } = secret;
  const found = await kubectl.json<{ data: Record<string, string> }>([
    "get",
    "secret",
    name,
    `--namespace=${namespace}`,
  ]);
  return Buffer.from(found.data[key] ?? "", "base64").toString();
}

/** Argo CD's server leads plain requests to TLS unless it is told to be `insecure`; its certificate is its own. */
async function post(address: string, webhook: WebhookRequest): Promise<number> {
  const status = await send(requestPlain, `http://${address}/api/webhook`, webhook);
  return status >= 300 && status < 400
    ? send(requestSecure, `https://${address}/api/webhook`, webhook)
    : status;
}

function send(
  request: typeof requestPlain | typeof requestSecure,
  url: string,
  { body, headers }: WebhookRequest,
): Promise<number> {
  const options = { method: "POST", headers, timeout: 5_000, rejectUnauthorized: false };
  return new Promise((resolve, reject) => {
    const call = request(url, options, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    call.once("error", reject);
    call.once("timeout", () => call.destroy(new Error("it did not answer within 5 s")));
    call.end(body);
  });
}
