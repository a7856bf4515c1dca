import { zipSync } from "fflate";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { gitHistory } from "../lib/adapters/git-history.ts";
import { gitWorkspace } from "../lib/adapters/git-workspace.ts";
import { githubArtifacts } from "../lib/adapters/github-artifacts.ts";
import { s3Records } from "../lib/adapters/s3-records.ts";
import type { ActionResult } from "../lib/domain/action-result.ts";
import { builtFrom, deliveredRepository } from "../lib/testing/delivered-repository.ts";
import { startLoopbackGitHub } from "../lib/testing/loopback-github.ts";
import { loopbackS3 } from "../lib/testing/loopback-s3.ts";
import { silentLogger } from "../lib/testing/silent-logger.ts";
import { bareRepository } from "../lib/testing/test-git.ts";
import { type Inputs, loadInputs } from "./inputs.ts";
import { run } from "./run.ts";

async function place() {
  const at = await deliveredRepository(["local", "eks"]);
  const commits: string[] = [];
  for (const of of [1, 2, 3]) {
    await at.merge(`Change ${of}`);
    commits.push(await at.bump("local", of));
  }
  const s3 = await loopbackS3();
  const github = await startLoopbackGitHub(await bareRepository());
  const identity = { name: "Bot", email: "bot@example.invalid" };
  const store = s3Records(s3.options);
  const said = new Map<string, string>([
    ["application/vnd.cyclonedx+json", '{"bomFormat":"CycloneDX"}'],
    ["application/vnd.in-toto+json", '{"predicateType":"https://slsa.dev/provenance/v1"}'],
  ]);
  const report = async (more: Partial<Inputs> = {}): Promise<ActionResult> => {
    const inputs: Inputs = {
      environment: "local",
      commit: commits[2],
      sourceCommit: at.sources[2],
      images: [builtFrom("a", 3)],
      files: [],
      bucket: "records",
      endpoint: s3.options.endpoint,
      region: "us-east-1",
      prefix: "deliveries/",
      spool: ".spool",
      githubToken: undefined,
      ...more,
    };
    return run(inputs, {
      workspace: gitWorkspace(at.root),
      history: gitHistory({ root: at.root, identity }),
      renderer: { render: async (folder) => `# ${folder}\n` },
      evidence: {
        attached: async (_, type) => [said.get(type) ?? []].flat().map((text) => Buffer.from(text)),
      },
      store: inputs.bucket === undefined ? undefined : store,
      spooled: githubArtifacts(github.options, "wavehouse-records", silentLogger()),
      // As the workflow does it: the folder becomes an artifact.
      keep: async (files) => {
        const bytes = [...files].map(([name, text]) => [name, new TextEncoder().encode(text)] as const);
        github.artifacts.push({ name: "wavehouse-records", zip: zipSync(Object.fromEntries(bytes)) });
      },
      logger: silentLogger(),
    });
  };
  const read = async (key: string): Promise<string> => new TextDecoder().decode(await store.read(key));
  return { ...at, commits, s3, github, store, report, read };
}

describe("run, with a real S3 store", { timeout: 60_000 }, () => {
  test("writes the record, what lies beside it, and the index, once", async () => {
    const { commits, s3, store, report, read, sources, write } = await place();
    await s3.start();
    await write("timings.txt", "12 s\n");
    const key = `deliveries/local/${commits[2]}/record.json`;
    expect((await report({ files: ["timings.txt", "not-there.json"] })).outputs).toEqual({
      published: "1",
      spooled: "",
      record: key,
    });
    const first = await read(key);
    expect(JSON.parse(first)).toMatchObject({
      environment: "local",
      commit: commits[2],
      sourceCommit: sources[2],
      images: [{ name: "a", reference: builtFrom("a", 3).reference }],
      moved: ["a", "b"],
      runs: ["a", "b"].map((name) => ({ name, reference: builtFrom(name, 3).reference })),
      files: [
        { name: "timings.txt", bytes: 5 },
        { name: "manifests/eks.yaml" },
        { name: "manifests/local.yaml", sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
        { name: "images/a/sbom.json" },
        { name: "images/a/provenance.json" },
      ],
      timings: { merged: expect.any(String), delivered: expect.any(String), seconds: expect.any(Number) },
    });
    expect(await read(`deliveries/local/${commits[2]}/files/images/a/sbom.json`)).toContain("CycloneDX");
    expect(await read(`deliveries/local/${commits[2]}/files/manifests/eks.yaml`)).toBe("# overlays/eks\n");
    await report({ images: [] });
    expect(await read(key)).toBe(first);
    expect(await store.list("deliveries/local/index/", 10)).toHaveLength(1);
    expect(await store.write(key, "other", "text/plain")).toBe("there");
    expect(await store.read("deliveries/nothing")).toBeUndefined();
  });

  test("what no build tells, as after a promotion, the delivery's own commit does", async () => {
    const { commits, s3, report, read, sources } = await place();
    await s3.start();
    await report({ images: [], sourceCommit: undefined });
    expect(JSON.parse(await read(`deliveries/local/${commits[2]}/record.json`))).toMatchObject({
      sourceCommit: sources[2],
      images: ["a", "b"].map((name) => ({ name, reference: builtFrom(name, 3).reference })),
      files: expect.arrayContaining([
        expect.objectContaining({ name: "images/a/sbom.json" }),
        expect.objectContaining({ name: "images/b/provenance.json" }),
      ]),
      timings: { seconds: expect.any(Number) },
    });
    // As it was then, whatever came since.
    await report({ commit: commits[1], images: [], sourceCommit: undefined });
    expect(JSON.parse(await read(`deliveries/local/${commits[1]}/record.json`)).images).toEqual(
      ["a", "b"].map((name) => ({ name, reference: builtFrom(name, 2).reference })),
    );
  });

  test("more than a page of artifacts waits, and none is forgotten", async () => {
    const { s3, github, report } = await place();
    await report();
    const [kept] = github.artifacts.splice(0);
    if (kept === undefined) throw new Error("nothing was kept");
    // What others kept since is no record here, and stands before it in GitHub's list.
    github.artifacts.push(kept);
    for (let of = 0; of < 120; of++) {
      github.artifacts.push({ name: "wavehouse-records", zip: zipSync({}) });
    }
    await s3.start();
    expect((await report({ commit: undefined })).outputs).toMatchObject({ published: "1", spooled: "" });
    expect(github.violations).toEqual([]);
  });

  test("what came by pull request since, which no run has recorded, is by the next one", async () => {
    const { s3, store, report, read, bump, write, git } = await place();
    await write("overlays/eks/cicd/environment.yaml", "data:\n  delivery: pull-request\n");
    await git("add", "--all");
    await git("commit", "--quiet", "--message=Deliver by pull request");
    const merged = [await bump("eks", 1), await bump("eks", 2, ["a"])];
    await s3.start();
    expect((await report()).outputs).toMatchObject({ published: "3", spooled: "" });
    const record = JSON.parse(await read(`deliveries/eks/${merged[1]}/record.json`));
    expect(record).toMatchObject({ environment: "eks", moved: ["a"], images: [{ name: "a" }] });
    expect(record.runs.map(({ name }: { name: string }) => name)).toEqual(["a", "b"]);
    // The newest is what is checked out; the one before was other manifests.
    const files = async (commit: string | undefined) =>
      JSON.parse(await read(`deliveries/eks/${commit}/record.json`)).files.map(
        ({ name }: { name: string }) => name,
      );
    expect(await files(merged[1])).toEqual(
      expect.arrayContaining(["manifests/eks.yaml", "images/a/sbom.json"]),
    );
    expect(await files(merged[0])).toEqual(expect.not.arrayContaining(["manifests/eks.yaml"]));
    expect(await files(merged[0])).toContain("images/b/sbom.json");
    expect((await report()).outputs.published).toBe("1");
    expect(await store.list("deliveries/eks/index/", 10)).toHaveLength(2);
  });

  test("lists the newest first", async () => {
    const { commits, s3, report } = await place();
    await s3.start();
    // Not in their order.
    for (const at of [1, 0, 2]) await report({ commit: commits[at] });
    const { summary } = await report();
    const listed = [...summary.matchAll(/^\| \d{4}-\S+ \| (\w{12}) \|/gm)].map(([, commit]) => commit);
    expect(listed).toEqual(commits.map((commit) => commit.slice(0, 12)).reverse());
  });

  test("a store that is down delays nothing and loses nothing: the next run publishes it all", async () => {
    const { commits, s3, github, store, report } = await place();
    const started = performance.now();
    const down = await report({ commit: commits[0] });
    await report({ commit: commits[1], bucket: undefined });
    expect(performance.now() - started).toBeLessThan(8_000);
    expect(down).toMatchObject({ ok: true, outputs: { published: "0", spooled: ".spool" } });
    expect(down.summary).toContain("1 record waits for the next run: cannot write deliveries/local/");
    expect(github.artifacts).toHaveLength(2);
    await s3.start();
    expect((await report()).outputs).toMatchObject({ published: "3", spooled: "" });
    for (const commit of commits)
      expect(await store.read(`deliveries/local/${commit}/record.json`)).toBeDefined();
    // Once published, an artifact is not read again.
    const asked = github.requests.length;
    expect((await report({ commit: undefined })).outputs.published).toBe("0");
    expect(github.requests.slice(asked)).toEqual(["GET /repos/acme/lake/actions/artifacts"]);
    expect(github.violations).toEqual([]);
  });

  test.each([-3, 3])("a clock that is %i hours off holds no record up", async (hours) => {
    const { commits, s3, report, read } = await place();
    await s3.start();
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + hours * 3_600_000 });
    onTestFinished(() => void vi.useRealTimers());
    expect((await report({ commit: commits[0] })).outputs).toMatchObject({ published: "1", spooled: "" });
    expect(await read(`deliveries/local/${commits[0]}/record.json`)).toContain(String(commits[0]));
  });

  test("a store that dies in between has no index of what is not there, and the next run completes it", async () => {
    const { commits, s3, store, report } = await place();
    await s3.start();
    await store.write(
      `deliveries/local/${commits[2]}/files/manifests/eks.yaml`,
      "# overlays/eks\n",
      "text/plain",
    );
    expect(await store.list("deliveries/local/index/", 10)).toEqual([]);
    await s3.stop();
    expect((await report()).outputs.spooled).toBe(".spool");
    await s3.start();
    expect((await report({ commit: undefined })).outputs.published).toBe("1");
    expect(await store.list("deliveries/local/index/", 10)).toHaveLength(1);
  });

  test("an artifact that is no record is named and passed over", async () => {
    const { s3, github, report } = await place();
    const zip = zipSync({ "x.json": new TextEncoder().encode('{"record": {"environment": "../.."}}') });
    github.artifacts.push({ name: "wavehouse-records", zip });
    await s3.start();
    expect((await report()).outputs).toMatchObject({ published: "1", spooled: "" });
  });

  test("a commit that is not there is the user's mistake", async () => {
    const { report } = await place();
    await expect(report({ commit: "f".repeat(40) })).rejects.toThrow("is not in this repository");
  });
});

test("loadInputs ends the prefix with one slash, and refuses what is no commit", () => {
  const load = (given: Record<string, string>) => {
    const all: Record<string, string> = {
      environment: "local",
      images: "[]",
      region: "r",
      spool: "s",
      ...given,
    };
    return loadInputs((name) => all[name] ?? "");
  };
  expect(load({ prefix: "a/b//" }).prefix).toBe("a/b/");
  expect(load({ prefix: "a/b" }).prefix).toBe("a/b/");
  expect(load({}).prefix).toBe("");
  expect(() => load({ commit: "main" })).toThrow(
    'Input `commit` is "main"; expected a commit in 40 hex digits.',
  );
});
