import { createHmac } from "node:crypto";
import { writeFileSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { beforeEach, expect, test } from "vitest";
import { ProcessError } from "../../../actions/lib/adapters/process.ts";
import { stubServer } from "../../../actions/lib/testing/stub-server.ts";
import { temporaryFolder } from "../../../actions/lib/testing/temporary-folder.ts";
import { testGit } from "../../../actions/lib/testing/test-git.ts";
import type { Kubectl } from "../kubectl.ts";
import { deliverPush } from "./deliver-push.ts";

const url = "http://git.wavehouse.internal:3000/wavehouse.git";
let folder: string;
let pushed: string;
let head: string;

beforeEach(async () => {
  folder = await temporaryFolder();
  const git = testGit(folder);
  await git("init", "--quiet", "--initial-branch=main");
  writeFileSync(join(folder, "a file"), "one\n");
  await git("add", "--all");
  await git("commit", "--quiet", "--message=One");
  head = await git("rev-parse", "HEAD");
  pushed = `${"0".repeat(40)} ${head} refs/heads/main`;
});

/** A cluster with Argo CD at an address. */
function cluster(address: string | undefined): Pick<Kubectl, "json"> {
  return {
    json: async <T>(args: readonly string[]): Promise<T> => {
      if (args[1] === "secret") return { data: { "webhook-secret": btoa("shared") } } as T;
      if (address !== undefined) return { spec: { clusterIP: address } } as T;
      const stderr = 'Error from server (NotFound): services "argocd-server" not found';
      throw new ProcessError("kubectl get exited with 1", { failure: "exit", exitCode: 1, stderr });
    },
  };
}

test("tells Argo CD what was pushed, signed with the shared secret, again when it was not there yet", async () => {
  const received: { request: IncomingMessage; body: string }[] = [];
  const server = await stubServer(async (request, response) => {
    received.push({ request, body: await text(request) });
    response.writeHead(received.length === 1 ? 503 : 200).end();
  });
  const told = await deliverPush(folder, url, pushed, cluster(server.host), [1, 1]);
  expect(told).toBe(`refs/heads/main at ${head.slice(0, 12)}: Argo CD told`);
  expect(server.requests).toEqual(["POST /api/webhook", "POST /api/webhook"]);
  const { request, body = "" } = received.at(-1) ?? {};
  const signature = createHmac("sha256", "shared").update(body).digest("hex");
  expect(request?.headers["x-hub-signature-256"]).toBe(`sha256=${signature}`);
  expect(JSON.parse(body)).toMatchObject({ after: head, commits: [{ added: ["a file"] }] });
});

test("gives up at last, and says what that means", async () => {
  const server = await stubServer((_, response) => void response.writeHead(500).end());
  const told = await deliverPush(folder, url, pushed, cluster(server.host), [1, 1]);
  expect(told).toContain("could not be told (it answered 500); it finds the commit by itself");
  expect(server.requests).toHaveLength(3);
});

test("where there is no Argo CD nobody is asked twice", async () => {
  expect(await deliverPush(folder, url, pushed, cluster(undefined), [60_000])).toContain(
    "no Argo CD to tell",
  );
});
