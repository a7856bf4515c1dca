// The Git server's process: serves the repository to pods, and tells Argo CD of what the hook hands over.
import { rmSync } from "node:fs";
import { createServer } from "node:http";
import { dirname } from "node:path";
import { text } from "node:stream/consumers";
import { kubectl } from "../kubectl.ts";
import { deliverPush } from "./deliver-push.ts";
import { createGitServer } from "./serve-git.ts";

const [repository = "", address = "", port = "", notify = "", url = "", program = "", kubeconfig = ""] =
  process.argv.slice(2);
const log = (line: string): void => {
  process.stdout.write(`${new Date().toISOString()} ${line}\n`);
};
const client = kubectl(program, [`--kubeconfig=${kubeconfig}`]);

createGitServer(dirname(repository), log).listen(Number(port), address);

rmSync(notify, { force: true });
createServer(async (request, response) => {
  const lines = (await text(request)).split("\n").filter((line) => line.endsWith(" refs/heads/main"));
  response.writeHead(202).end();
  for (const line of lines) {
    deliverPush(repository, url, line, client).then(log, (error: unknown) =>
      log(`${line}: ${String(error)}`),
    );
  }
}).listen(notify);
