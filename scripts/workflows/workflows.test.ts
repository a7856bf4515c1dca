import { generateKeyPairSync } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, matchesGlob } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { parse } from "yaml";
import {
  type LoopbackRegistry,
  startLoopbackRegistry,
} from "../../actions/lib/adapters/loopback-registry.ts";
import { ociRegistry } from "../../actions/lib/adapters/oci-registry.ts";
import { type S3Options, s3Records } from "../../actions/lib/adapters/s3-records.ts";
import type { DeliveryRecord } from "../../actions/lib/domain/delivery-record.ts";
import { craneProgram } from "../../actions/lib/testing/crane-program.ts";
import { loopbackS3 } from "../../actions/lib/testing/loopback-s3.ts";
import { repositoryRoot } from "../setup/repository.ts";
import { type Forge, type Run, startForge } from "./act.ts";

const PIPELINE = "pipelines/breweries/pipeline.yaml";
const OVERLAY = "overlays/local/processing/pipelines/breweries/kustomization.yaml";
const IMAGES = ["breweries-silver", "breweries-tests", "breweries-gold"];
/** The template's other pipeline is delivered with it. */
const OTHERS = {
  overlay: "overlays/local/processing/pipelines/ecommerce/kustomization.yaml",
  images: ["raw", "silver", "tests", "gold", "maintain"].map((part) => `ecommerce-${part}`),
};

let folder: string;
let forge: Forge;
let crane: string;
let registry: LoopbackRegistry;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "wavehouse-workflows-"));
  crane = await craneProgram();
  forge = await startForge(folder);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

// Each test begins with the template on main and an empty registry.
beforeEach(async () => {
  const started = await startLoopbackRegistry({ program: crane, port: 0 });
  registry = { ...started, host: `localhost:${started.port}` };
  const first = (await forge.git("rev-list", "--max-parents=0", "HEAD")).trim();
  await forge.git("checkout", "--quiet", "-B", "main", first);
  await forge.git("push", "--quiet", "--force", "origin", "main");
  return () => started.stop();
});

// Without GitHub there is nobody to vouch for a keyless signature.
const variables = () => ({
  WAVEHOUSE_REGISTRY: registry.host,
  WAVEHOUSE_SIGN: "none",
  // They take minutes; what is built on nothing is delivered the same way.
  WAVEHOUSE_BUILD_BASES: "false",
});
const deliver = () => forge.run("deliver.yml", "push", { variables: variables() });
const remoteMain = async (): Promise<string> => {
  await forge.git("fetch", "--quiet", "origin", "main");
  return forge.git("rev-parse", "FETCH_HEAD");
};

async function change(path: string, edit: (text: string) => string): Promise<string> {
  const file = join(forge.clone, path);
  const before = await readFile(file, "utf8");
  expect(edit(before)).not.toBe(before);
  await writeFile(file, edit(before));
  await forge.git("commit", "--quiet", "--all", "--message=A change");
  return forge.git("rev-parse", "HEAD");
}

interface Pin {
  name: string;
  newName: string;
  newTag: string;
  digest?: string;
}

async function pins(commit: string): Promise<Pin[]> {
  return (parse(await forge.git("show", `${commit}:${OVERLAY}`)) as { images: Pin[] }).images;
}

/** The digest that the registry has for each pin. */
async function pushed(of: readonly Pin[]): Promise<(string | undefined)[]> {
  const images = ociRegistry();
  return Promise.all(of.map(({ newName, newTag }) => images.digest(`${newName}:${newTag}`)));
}

function expectJobs(run: Run, succeeded: string[], failed: string[] = []): void {
  const jobs = { succeeded: [...run.jobs.succeeded].sort(), failed: run.jobs.failed };
  expect(jobs, run.log.slice(-4_000)).toEqual({ succeeded: [...succeeded].sort(), failed });
  expect(run.exitCode).toBe(failed.length === 0 ? 0 : 1);
}

const VALIDATE = "Validate";
const BUILD = "Build and push images";
const BUMP = "Bump the overlay";
const REPORT = "Record the delivery";
const WOULD_BUILD = "Images that the merge will build";

const CARELESS = ".github/workflows/careless.yml";
const CARELESS_WORKFLOW = `name: Careless
on: push
permissions: write-all
jobs: { job: { runs-on: ubuntu-latest, steps: [{ run: "true" }] } }
`;

describe("pull-request.yml", { timeout: 120_000 }, () => {
  const open = (head: string) =>
    forge.run("pull-request.yml", "pull_request", {
      variables: variables(),
      payload: { pull_request: { number: 7, head: { ref: "change", sha: head }, base: { ref: "main" } } },
    });

  test("a good change: valid, what it would build is told, and nothing is pushed", async () => {
    await forge.git("checkout", "--quiet", "-B", "change");
    const head = await change(PIPELINE, (text) => `${text}# one more line\n`);
    await forge.git("push", "--quiet", "--force", "origin", "change");
    const run = await open(head);
    expectJobs(run, [VALIDATE, WOULD_BUILD]);
    expect(run.log.match(/breweries-\w+:[0-9a-f]{16} would be built and pushed/g)).toHaveLength(3);
    const tags = [...run.log.matchAll(/(localhost:\d+\/breweries-\w+):([0-9a-f]{16}) would/g)];
    expect(
      await pushed(tags.map(([, newName = "", newTag = ""]) => ({ name: "", newName, newTag }))),
    ).toEqual([undefined, undefined, undefined]);
  });

  test("a mistake fails the check, at its line, with what was meant; so does one in a workflow", async () => {
    await forge.git("checkout", "--quiet", "-B", "change");
    await writeFile(join(forge.clone, CARELESS), CARELESS_WORKFLOW);
    await forge.git("add", CARELESS);
    const head = await change(PIPELINE, (text) => text.replace("partitionBy:", "partitionby:"));
    await forge.git("push", "--quiet", "--force", "origin", "change");
    const run = await open(head);
    const line = (await readFile(join(forge.clone, PIPELINE), "utf8"))
      .split("partitionby")[0]
      ?.split("\n").length;
    expect(run.jobs.failed).toContain(VALIDATE);
    expect(run.exitCode).toBe(1);
    expect(run.log).toMatch(
      new RegExp(`::error title=pipeline/[\\w-]+,file=${PIPELINE},line=${line},col=\\d+::.*partitionBy`),
    );
    expect(run.log).toMatch(new RegExp(`::error title=workflow/zizmor,file=${CARELESS},line=3,`));
  });
});

describe("deliver.yml", { timeout: 330_000 }, () => {
  test("from a push to the commit that Argo CD syncs, once", async () => {
    const before = await remoteMain();
    const s3 = await loopbackS3();
    await s3.start();
    const run = await forge.run("deliver.yml", "push", {
      // It validates twice, and renders every environment for the record.
      timeoutMs: 200_000,
      variables: {
        ...variables(),
        WAVEHOUSE_REGISTRY_USERNAME: "robot",
        WAVEHOUSE_RECORDS_BUCKET: "records",
        WAVEHOUSE_RECORDS_ENDPOINT: s3.options.endpoint,
      },
      secrets: {
        WAVEHOUSE_REGISTRY_PASSWORD: "s3cret",
        WAVEHOUSE_RECORDS_KEY_ID: s3.options.credentials?.accessKeyId ?? "",
        WAVEHOUSE_RECORDS_SECRET: s3.options.credentials?.secretAccessKey ?? "",
      },
    });
    expectJobs(run, [VALIDATE, BUILD, BUMP, REPORT]);
    await expectLogin(run);
    await expectRecord(s3.options, before);

    // One commit, in the overlay alone, that names what the registry has.
    const bump = await remoteMain();
    expect(await forge.git("rev-list", "--count", `${before}..${bump}`)).toBe("1");
    expect(await forge.git("diff", "--name-only", before, bump)).toBe(`${OVERLAY}\n${OTHERS.overlay}`);
    const bumped = await pins(bump);
    expect(bumped.map(({ name, newName }) => [name, newName])).toEqual(
      IMAGES.map((name) => [name, `${registry.host}/${name}`]),
    );
    expect(bumped.every(({ digest }) => /^sha256:[0-9a-f]{64}$/.test(digest ?? ""))).toBe(true);
    expect(await pushed(bumped)).toEqual(bumped.map(({ digest }) => digest));

    // Delivered again, nothing is pushed and nothing committed.
    await forge.git("checkout", "--quiet", "-B", "main", bump);
    const again = await deliver();
    expectJobs(again, [VALIDATE, BUILD, BUMP]);
    const all = IMAGES.length + OTHERS.images.length;
    expect(again.log.match(/@sha256:[0-9a-f]{64} is unchanged/g)).toHaveLength(all);
    expect(again.log).toContain("Nothing to bump");
    expect(await remoteMain()).toBe(bump);
  });

  test("signs with a key where there is one, and an environment that asks for it takes just that", async () => {
    const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    // act takes the repository's name from where it is.
    await change("overlays/local/cicd/environment.yaml", (text) =>
      text
        .replace(/^data:\n/m, "data:\n  signed-by: signing.pub\n")
        .replace(/repoURL: .*/, `repoURL: https://github.com/${folder}/remote`),
    );
    const pem = publicKey.export({ format: "pem", type: "spki" }).toString();
    await writeFile(join(forge.clone, "signing.pub"), pem);
    await forge.git("add", "signing.pub");
    await forge.git("commit", "--quiet", "--message=The key");
    await forge.git("push", "--quiet", "origin", "main");
    const unsigned = await deliver();
    expectJobs(unsigned, [VALIDATE, BUILD], [BUMP]);
    expect(unsigned.log).toContain("it is not signed");
    const run = await forge.run("deliver.yml", "workflow_dispatch", {
      variables: { ...variables(), WAVEHOUSE_SIGN: "key" },
      secrets: {
        WAVEHOUSE_SIGNING_KEY: privateKey.export({ format: "pem", type: "pkcs8" }).toString(),
      },
      payload: { inputs: { rebuild: "true" } },
    });
    expectJobs(run, [VALIDATE, BUILD, BUMP]);
    expect((await pins(await remoteMain())).every(({ digest }) => digest !== undefined)).toBe(true);
  });

  /** Of every environment what it renders to, of every image its digest and what is said of it, and how valid it was. */
  async function expectRecord(options: S3Options, source: string): Promise<void> {
    const commit = await remoteMain();
    const text = await s3Records(options).read(`deliveries/local/${commit}/record.json`);
    const record = JSON.parse(new TextDecoder().decode(text)) as DeliveryRecord;
    expect(record).toMatchObject({ environment: "local", commit, sourceCommit: source });
    const all = [...IMAGES, ...OTHERS.images].sort();
    expect([...(record.moved ?? [])].sort()).toEqual(all);
    expect(record.runs?.map(({ name }) => name)).toEqual(expect.arrayContaining(all));
    expect(record.timings?.seconds).toBeGreaterThanOrEqual(0);
    expect(record.images.map(({ name }) => name).sort()).toEqual(all);
    expect(record.images.every(({ reference }) => /@sha256:[0-9a-f]{64}$/.test(reference))).toBe(true);
    const environments = (await forge.git("ls-tree", "--name-only", `${commit}:overlays`)).split("\n");
    const files = record.files.map(({ name }) => name);
    expect(files).toEqual(
      expect.arrayContaining([
        ...environments.map((name) => `manifests/${name}.yaml`),
        ...record.images.flatMap(({ name }) => [
          `images/${name}/sbom.json`,
          `images/${name}/provenance.json`,
        ]),
        ".wavehouse-validation/validation.json",
        ".wavehouse-validation/validation.sarif",
      ]),
    );
  }

  /** The password goes through standard input alone, and the login is kept where the job's end removes it. */
  async function expectLogin(run: Run): Promise<void> {
    const calls = (await readFile(forge.docker, "utf8")).trim().split("\n");
    const login = {
      args: ["login", registry.host, "--username", "robot", "--password-stdin"],
      stdin: "s3cret\n",
      config: expect.stringMatching(/\/tmp\/docker$/),
    };
    // Where images are pushed, where their signatures are read, and where what is said of them.
    expect(calls.map((line) => JSON.parse(line) as unknown)).toEqual([login, login, login]);
    expect(run.log).not.toContain("s3cret");
  }

  test("a change of what images are made of starts a delivery, a bump does not", async () => {
    const { on } = parse(await readFile(join(repositoryRoot, ".github/workflows/deliver.yml"), "utf8")) as {
      on: { push: { paths: string[] } };
    };
    const starts = (path: string): boolean => on.push.paths.some((pattern) => matchesGlob(path, pattern));
    expect(starts(OVERLAY)).toBe(false);
    for (const path of [PIPELINE, "pipelines/runtime/wavehouse/spec.py", "actions/dist/validate/main.js"]) {
      expect(starts(path), path).toBe(true);
    }
  });

  test("a commit that was merged meanwhile is kept: the bump goes on top", async () => {
    const started = await remoteMain();
    const meanwhile = await change("CONTRIBUTING.md", (text) => `${text}\nMeanwhile.\n`);
    await forge.git("push", "--quiet", "origin", "main");
    await forge.git("checkout", "--quiet", "-B", "main", started);
    expectJobs(await deliver(), [VALIDATE, BUILD, BUMP]);
    const after = await remoteMain();
    expect(await forge.git("rev-parse", `${after}~`)).toBe(meanwhile);
    expect(await forge.git("show", "--no-patch", "--format=%B", after)).toContain(
      `Wavehouse-Source-Commit: ${started}`,
    );
  });

  test("what is not valid is neither built nor bumped", async () => {
    const broken = await change(PIPELINE, (text) => text.replace("kind: Pipeline", "kind: Pipe"));
    await forge.git("push", "--quiet", "origin", "main");
    const run = await deliver();
    expectJobs(run, [], [VALIDATE]);
    expect(await remoteMain()).toBe(broken);
  });

  test("only the default branch is delivered", async () => {
    await forge.git("checkout", "--quiet", "-B", "change");
    await forge.git("push", "--quiet", "--force", "origin", "change");
    const before = await remoteMain();
    const run = await forge.run("deliver.yml", "workflow_dispatch", {
      variables: variables(),
      payload: { ref: "refs/heads/change" },
    });
    expectJobs(run, []);
    expect(await remoteMain()).toBe(before);
  });
});
