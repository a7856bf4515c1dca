import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { expect, onTestFinished, test } from "vitest";
import { runProcess } from "../../../actions/lib/adapters/process.ts";
import { temporaryFolder } from "../../../actions/lib/testing/temporary-folder.ts";
import { testGit } from "../../../actions/lib/testing/test-git.ts";
import { makeRepository } from "./repository.ts";
import { createGitServer } from "./serve-git.ts";

/** A bare repository with one commit, served, and the clone that it was pushed from. */
async function served(): Promise<{
  url: string;
  clone: string;
  bare: string;
  notify: string;
  log: string[];
}> {
  const folder = await temporaryFolder();
  const bare = join(folder, "git", "wavehouse.git");
  const notify = join(folder, "notify.sock");
  await makeRepository(bare, notify);
  const clone = await temporaryFolder();
  const git = testGit(clone);
  await git("init", "--quiet", "--initial-branch=main");
  writeFileSync(join(clone, "file"), "one\n");
  await git("add", "--all");
  await git("commit", "--quiet", "--message=One");
  const log: string[] = [];
  const server = createGitServer(join(folder, "git"), (line) => log.push(line));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return { url: `http://127.0.0.1:${address.port}/wavehouse.git`, clone, bare, notify, log };
}

test("a push by path can be cloned over HTTP, and a later one fetched", async () => {
  const { url, clone, bare } = await served();
  await testGit(clone)("push", "--quiet", bare, "HEAD:main");
  const reader = await temporaryFolder();
  await testGit(reader)("clone", "--quiet", "--depth=1", url, "copy");
  const copy = testGit(join(reader, "copy"));
  expect(await copy("log", "--format=%s")).toBe("One");
  writeFileSync(join(clone, "file"), "two\n");
  await testGit(clone)("commit", "--quiet", "--all", "--message=Two");
  await testGit(clone)("push", "--quiet", bare, "HEAD:main");
  expect(await copy("ls-remote", "origin", "main")).toBe(
    `${await testGit(clone)("rev-parse", "HEAD")}\trefs/heads/main`,
  );
  await copy("pull", "--quiet", "--ff-only");
  expect(await copy("log", "-1", "--format=%s")).toBe("Two");
});

test("nobody pushes over HTTP, and no path leads out of the folder", async () => {
  const { url, clone } = await served();
  await expect(testGit(clone)("push", "--quiet", url, "HEAD:main")).rejects.toThrow("403");
  const outside = await fetch(`${url}/..%2f..%2fnotify.sock`);
  expect(outside.ok).toBe(false);
  expect(await outside.text()).toBe("");
});

test("a repository that is not there is an answer, not a broken connection", async () => {
  const { url } = await served();
  const answer = await fetch(`${url.replace("wavehouse", "other")}/info/refs?service=git-upload-pack`);
  expect(answer.status).toBe(404);
});

test("the hook hands over what was pushed", async () => {
  const { clone, bare, notify } = await served();
  const bodies: string[] = [];
  const listener = createServer(async (request, response) => {
    bodies.push(await text(request));
    response.end();
  }).listen(notify);
  onTestFinished(() => void listener.close());
  await testGit(clone)("push", "--quiet", bare, "HEAD:main");
  const head = await testGit(clone)("rev-parse", "HEAD");
  expect(bodies).toEqual([`${"0".repeat(40)} ${head} refs/heads/main\n`]);
});

test("a push succeeds when nobody listens, and says so", async () => {
  const { clone, bare } = await served();
  const { stderr } = await runProcess({ file: "git", args: ["push", bare, "HEAD:main"], cwd: clone });
  expect(stderr).toContain("Argo CD is not told of this push");
});
