import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type S3Options, s3Records } from "../../actions/lib/adapters/s3-records.ts";
import { bumpMessage } from "../../actions/lib/domain/bump-message.ts";
import { planBump } from "../../actions/lib/domain/plan-bump.ts";
import { builtFrom } from "../../actions/lib/testing/delivered-repository.ts";
import { loopbackS3 } from "../../actions/lib/testing/loopback-s3.ts";
import { recordedDeliveries } from "../../actions/lib/testing/recorded-deliveries.ts";
import { writeFiles } from "../../actions/lib/testing/write-files.ts";
import { type Forge, type Run, type RunOptions, startForge } from "./act.ts";

const names = ["a", "b"];
const path = (environment: string): string => `overlays/${environment}/kustomization.yaml`;
const unbuilt = `images:\n${names.map((name) => `  - name: ${name}\n    newTag: unbuilt\n`).join("")}`;

/** Without GitHub nothing tells how an environment is. */
const unproved = { unproved: "true" };

let folder: string;
let forge: Forge;
const texts = new Map<string, string>();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "wavehouse-promote-"));
  forge = await startForge(folder);
  for (const environment of ["dev", "prod"]) texts.set(environment, unbuilt);
  await writeFiles(forge.clone, { [path("dev")]: unbuilt, [path("prod")]: unbuilt });
  await forge.git("add", "--all");
  await forge.git("commit", "--quiet", "--message=Environments");
  for (const of of [1, 2]) await bump("dev", of);
  await forge.git("push", "--quiet", "origin", "main");
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function bump(environment: string, of: number): Promise<void> {
  const images = names.map((name) => builtFrom(name, of));
  const { edits } = planBump(new Map([[path(environment), texts.get(environment) ?? ""]]), images);
  for (const { path: file, after } of edits) {
    await writeFiles(forge.clone, { [file]: after });
    texts.set(environment, after);
  }
  const message = bumpMessage(environment, edits, await forge.git("rev-parse", "HEAD"));
  await forge.git("commit", "--quiet", "--all", `--message=${message}`);
}

async function tags(environment: string): Promise<string[]> {
  await forge.git("fetch", "--quiet", "origin", "main");
  const text = await forge.git("show", `FETCH_HEAD:${path(environment)}`);
  return text.match(/(?<=newTag: )\w+/g) ?? [];
}

function dispatch(workflow: string, inputs: Record<string, string>, ref = "main"): Promise<Run> {
  return forge.run(workflow, "workflow_dispatch", { payload: { ref: `refs/heads/${ref}`, inputs } });
}

/** A repository's settings that have records go to a store. */
function recordsIn({ endpoint, credentials }: S3Options): Pick<RunOptions, "variables" | "secrets"> {
  return {
    variables: {
      WAVEHOUSE_REGISTRY: "localhost:5001",
      WAVEHOUSE_RECORDS_BUCKET: "records",
      WAVEHOUSE_RECORDS_ENDPOINT: endpoint ?? "",
    },
    secrets: {
      WAVEHOUSE_RECORDS_KEY_ID: credentials?.accessKeyId ?? "",
      WAVEHOUSE_RECORDS_SECRET: credentials?.secretAccessKey ?? "",
    },
  };
}

describe("by hand, under act", { timeout: 240_000 }, () => {
  test("promote shows the difference, then makes the commit", async () => {
    const shown = await dispatch("promote.yml", {
      from: "dev",
      to: "prod",
      images: "",
      "dry-run": "true",
      ...unproved,
    });
    expect(shown.jobs, shown.log.slice(-4_000)).toEqual({ succeeded: ["Promote"], failed: [] });
    expect(shown.log).toContain("+    newTag: t2");
    expect(await tags("prod")).toEqual(["unbuilt", "unbuilt"]);
    const done = await dispatch("promote.yml", {
      from: "dev",
      to: "prod",
      images: "",
      "dry-run": "false",
      ...unproved,
    });
    expect(done.jobs, done.log.slice(-4_000)).toEqual({ succeeded: ["Promote"], failed: [] });
    expect(await tags("prod")).toEqual(["t2", "t2"]);
    expect(await forge.git("show", "--no-patch", "--format=%s", "FETCH_HEAD")).toBe(
      "Promote a and b from dev to prod",
    );
  });

  test("roll-back goes back, and a promotion of what was bad is refused until the hold is lifted", async () => {
    const back = await dispatch("rollback.yml", {
      environment: "dev",
      to: "",
      lift: "",
      way: "commit",
      "dry-run": "false",
    });
    expect(back.jobs, back.log.slice(-4_000)).toEqual({ succeeded: ["Roll back"], failed: [] });
    expect(await tags("dev")).toEqual(["t1", "t1"]);
    expect(await forge.git("show", "FETCH_HEAD:overlays/dev/cicd/holds.yaml")).toContain("image: a");
    const refused = await dispatch("promote.yml", {
      from: "prod",
      to: "dev",
      images: "",
      "dry-run": "false",
      ...unproved,
    });
    expect(refused.jobs).toEqual({ succeeded: [], failed: ["Promote"] });
    expect(refused.log).toContain("a is held by a roll-back");
    await dispatch("rollback.yml", {
      environment: "dev",
      to: "",
      lift: "all",
      way: "commit",
      "dry-run": "false",
    });
    await dispatch("promote.yml", { from: "prod", to: "dev", images: "", "dry-run": "false", ...unproved });
    expect(await tags("dev")).toEqual(["t2", "t2"]);
  });

  test("a promotion leaves its record in the store, and one that is down keeps it for the next run", async () => {
    const s3 = await loopbackS3();
    const promote = async (of: number): Promise<{ run: Run; commit: string }> => {
      await forge.git("fetch", "--quiet", "origin", "main");
      await forge.git("reset", "--quiet", "--hard", "FETCH_HEAD");
      texts.set("dev", await forge.git("show", `HEAD:${path("dev")}`));
      await bump("dev", of);
      await forge.git("push", "--quiet", "origin", "main");
      const inputs = { from: "dev", to: "prod", images: "", "dry-run": "false", ...unproved };
      const run = await forge.run("promote.yml", "workflow_dispatch", {
        payload: { ref: "refs/heads/main", inputs },
        ...recordsIn(s3.options),
      });
      expect(run.jobs, run.log.slice(-6_000)).toEqual({
        succeeded: ["Promote", "Record the delivery"],
        failed: [],
      });
      await forge.git("fetch", "--quiet", "origin", "main");
      return { run, commit: await forge.git("rev-parse", "FETCH_HEAD") };
    };
    const down = await promote(3);
    expect(down.run.log).toContain(
      "The delivery record waits for the next run: cannot write deliveries/prod/",
    );
    expect(down.run.log).toContain("artifact wavehouse-records");
    // These environments have nothing but images, which no validation takes: a gap in the record, and no loss of it.
    expect(down.run.log).toContain("validation.json is not in the record: there is no such file.");
    await s3.start();
    const { commit } = await promote(4);
    const store = s3Records(s3.options);
    const record = await store.read(`deliveries/prod/${commit}/record.json`);
    const images = names.map((name) => ({ name, reference: builtFrom(name, 4).reference }));
    expect(JSON.parse(new TextDecoder().decode(record))).toMatchObject({
      environment: "prod",
      commit,
      images,
    });
    const listed = JSON.parse(new TextDecoder().decode(record)) as { files: { name: string }[] };
    expect(listed.files.map(({ name }) => name)).toEqual(
      expect.arrayContaining(["manifests/dev.yaml", "manifests/local.yaml", "manifests/prod.yaml"]),
    );
  });

  test("a roll-back to a time takes it from the store's records, and leaves its own", async () => {
    await forge.git("fetch", "--quiet", "origin", "main");
    await forge.git("reset", "--quiet", "--hard", "FETCH_HEAD");
    texts.set("dev", await forge.git("show", `HEAD:${path("dev")}`));
    const commits: string[] = [];
    for (const of of [5, 6, 7]) {
      await bump("dev", of);
      commits.push(await forge.git("rev-parse", "HEAD"));
    }
    await forge.git("push", "--quiet", "origin", "main");
    const { s3, record } = await recordedDeliveries();
    // By Git's own times, all of them came at once.
    for (const [day, commit] of commits.entries()) {
      await record(commit, { environment: "dev", time: `2030-01-0${day + 1}T00:00:00Z` });
    }
    const inputs = {
      environment: "dev",
      to: "2030-01-01T12:00Z",
      lift: "",
      way: "commit",
      "dry-run": "false",
    };
    const run = await forge.run("rollback.yml", "workflow_dispatch", {
      payload: { ref: "refs/heads/main", inputs },
      ...recordsIn(s3.options),
    });
    const succeeded = ["Roll back", "Record the delivery"];
    expect(run.jobs, run.log.slice(-6_000)).toEqual({ succeeded, failed: [] });
    expect(run.log).toContain(
      `dev ran ${commits[0]?.slice(0, 12)} since 2030-01-01T00:00:00Z, by its record.`,
    );
    expect(await tags("dev")).toEqual(["t5", "t5"]);
    const commit = await forge.git("rev-parse", "FETCH_HEAD");
    const written = await s3Records(s3.options).read(`deliveries/dev/${commit}/record.json`);
    const runs = names.map((name) => ({ name, reference: builtFrom(name, 5).reference }));
    expect(JSON.parse(new TextDecoder().decode(written))).toMatchObject({
      ...{ environment: "dev", commit, images: runs, moved: names },
      runs: expect.arrayContaining(runs),
    });
  });

  test("a bump that people merge by pull request leaves its record, rendered as it was merged", async () => {
    await forge.git("fetch", "--quiet", "origin", "main");
    await forge.git("reset", "--quiet", "--hard", "FETCH_HEAD");
    await writeFiles(forge.clone, {
      [path("stage")]: unbuilt,
      "overlays/stage/cicd/environment.yaml": "data:\n  delivery: pull-request\n",
    });
    texts.set("stage", unbuilt);
    await forge.git("add", "--all");
    await forge.git("commit", "--quiet", "--message=An environment by pull request");
    await forge.git("checkout", "--quiet", "-b", "wavehouse/bump-stage");
    await bump("stage", 8);
    const commit = await forge.git("rev-parse", "HEAD");
    await forge.git("checkout", "--quiet", "main");
    // Of an environment by commit, which deliver.yml has recorded.
    await bump("dev", 8);
    await forge.git("merge", "--quiet", "--no-ff", "--message=Merge pull request #7", "wavehouse/bump-stage");
    await forge.git("push", "--quiet", "origin", "main");
    const s3 = await loopbackS3();
    await s3.start();
    const run = await forge.run("record-merged.yml", "push", recordsIn(s3.options));
    const succeeded = ["Record the delivery"];
    expect(run.jobs, run.log.slice(-6_000)).toEqual({ succeeded, failed: [] });
    const store = s3Records(s3.options);
    const written = await store.read(`deliveries/stage/${commit}/record.json`);
    const record = JSON.parse(new TextDecoder().decode(written));
    const runs = names.map((name) => ({ name, reference: builtFrom(name, 8).reference }));
    expect(record).toMatchObject({ environment: "stage", commit, images: runs, moved: names });
    const files = record.files.map(({ name }: { name: string }) => name);
    expect(files).toEqual(expect.arrayContaining(["manifests/stage.yaml", "manifests/local.yaml"]));
    expect(await store.list("deliveries/dev/index/", 1)).toEqual([]);
  });

  test("another branch than the default one does nothing", async () => {
    const run = await dispatch(
      "promote.yml",
      { from: "dev", to: "prod", images: "", "dry-run": "false", ...unproved },
      "side",
    );
    expect(run.jobs).toEqual({ succeeded: [], failed: [] });
  });
});
