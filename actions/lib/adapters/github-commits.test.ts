import { expect, test } from "vitest";
import { UserError } from "../domain/user-error.ts";
import type { SourceControl } from "../ports/source-control.ts";
import { type GitRepository, gitRepository } from "../testing/git-repository.ts";
import { type Fault, type LoopbackGitHub, startLoopbackGitHub } from "../testing/loopback-github.ts";
import { silentLogger } from "../testing/silent-logger.ts";
import { bareRepository } from "../testing/test-git.ts";
import { githubCommits } from "./github-commits.ts";

const identity = { name: "Bot", email: "bot@example.invalid" };
const message = "Bump a in local\n\na: 1 -> 2\n\nWavehouse-Environment: local\n";

interface Place {
  here: GitRepository;
  remote: string;
  github: LoopbackGitHub;
  commits: SourceControl;
  /** The commit that the server's main is at. */
  main(): Promise<string>;
}

async function place(
  options: { fault?: (request: string, count: number) => Fault; protect?: boolean } = {},
): Promise<Place> {
  const here = await gitRepository({ "a.txt": "1\n", "b.txt": "1\n", "sub/c.txt": "1\n" });
  const remote = await bareRepository();
  await here.git("remote", "add", "origin", remote);
  await here.git("push", "--quiet", "origin", "main");
  const counts = new Map<string, number>();
  const github = await startLoopbackGitHub(remote, {
    ...(options.protect ? { protectedBranches: ["main"] } : {}),
    fault: (request) => {
      counts.set(request, (counts.get(request) ?? 0) + 1);
      return options.fault?.(request, counts.get(request) ?? 0);
    },
  });
  const commits = githubCommits({ root: here.root, identity }, github.options, silentLogger());
  return { here, remote, github, commits, main: () => here.git("--git-dir", remote, "rev-parse", "main") };
}

async function commitHere({ here, commits }: Place, text = "2\n"): Promise<string> {
  await here.write("a.txt", text);
  await here.write("sub/new ü.bin", new Uint8Array([0, 10, 255, 13]));
  await here.git("rm", "--quiet", "b.txt");
  const paths = ["a.txt", "b.txt", "sub/new ü.bin"];
  return (await commits.commit({ message, paths })) ?? "";
}

test("GitHub makes the commit on top of the expected one, and HEAD takes it", async () => {
  const at = await place();
  const parent = await at.main();
  const made = await commitHere(at);
  expect(await at.commits.push("main")).toBe("pushed");
  const commit = await at.main();
  expect(commit).not.toBe(made);
  expect(await at.commits.head()).toBe(commit);
  expect(await at.here.git("rev-parse", `${commit}~`)).toBe(parent);
  expect(await at.here.git("rev-parse", `${commit}^{tree}`)).toBe(
    await at.here.git("rev-parse", `${made}^{tree}`),
  );
  expect(await at.here.git("show", "--no-patch", "--format=%B", commit)).toBe(`${message}`);
  expect(await at.here.git("show", "--no-patch", "--format=%an", commit)).toBe("wavehouse[bot]");
  expect(await at.here.git("status", "--porcelain")).toBe("");
  expect(at.github.requests).toEqual(["POST /graphql createCommitOnBranch"]);
  expect(at.github.violations).toEqual([]);
});

test("a branch that has moved is told, and left as it is", async () => {
  const at = await place();
  const other = await gitRepository();
  await other.git("pull", "--quiet", "--rebase", at.remote, "main");
  await other.write("theirs.txt", "theirs\n");
  await other.git("add", "--all");
  await other.git("commit", "--quiet", "--message=theirs");
  await other.git("push", "--quiet", at.remote, "HEAD:main");
  const theirs = await at.main();
  const made = await commitHere(at);
  expect(await at.commits.push("main")).toBe("moved");
  expect(await at.main()).toBe(theirs);
  await at.commits.takeBack(made);
  await at.commits.catchUp("main");
  await commitHere(at);
  expect(await at.commits.push("main")).toBe("pushed");
  expect(await at.here.git("rev-parse", `${await at.main()}~`)).toBe(theirs);
});

test.each<[string, Fault]>([
  ["a bad gateway", 502],
  ["no answer in time", "no-answer"],
  ["an answer that gets lost after the commit was made", "answer-lost"],
])("%s: it is asked again, and the commit is made once", { timeout: 20_000 }, async (_name, fault) => {
  const at = await place({ fault: (_request, count) => (count === 1 ? fault : undefined) });
  const before = await at.main();
  await commitHere(at);
  expect(await at.commits.push("main")).toBe("pushed");
  expect(at.github.requests.length).toBeGreaterThan(1);
  expect(await at.here.git("rev-list", "--count", `${before}..${await at.main()}`)).toBe("1");
  expect(await at.commits.head()).toBe(await at.main());
  expect(at.github.violations).toEqual([]);
});

test.each<[string, Parameters<typeof place>[0], string]>([
  ["a protected branch", { protect: true }, "the branch is protected: let the App pass its rules"],
  ["a server that stays ill", { fault: () => 503 }, "GitHub is not well; run it again later"],
  ["a token without the right", { fault: () => 403 }, "give the token the rights contents: write"],
])("%s is told, with what to do", { timeout: 20_000 }, async (_name, options, expected) => {
  const at = await place(options);
  const before = await at.main();
  await commitHere(at);
  const failed = at.commits.push("main").catch((error: unknown) => error);
  expect(await failed).toBeInstanceOf(UserError);
  expect(String(await failed)).toContain("cannot commit to main: ");
  expect(String(await failed)).toContain(expected);
  expect(await at.main()).toBe(before);
});

test("a request that is not GitHub's is noticed", async () => {
  const at = await place();
  await fetch(`${at.github.options.apiUrl}/graphql`, {
    method: "POST",
    headers: { authorization: "token ghs_test" },
    body: JSON.stringify({
      query: "mutation { createCommitOnBranch(input: {branch: 1}) { commit { nothing } } }",
    }),
  });
  expect(at.github.violations.join("\n")).toMatch(/Cannot query field "nothing" on type "Commit"/);
});
