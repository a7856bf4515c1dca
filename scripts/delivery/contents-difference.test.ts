import { createHash, generateKeyPairSync } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { run as buildImages } from "../../actions/build-images/run.ts";
import { run as bumpImages } from "../../actions/bump-images/run.ts";
import { connectBuilding } from "../../actions/lib/adapters/connect-building.ts";
import { connectDelivery } from "../../actions/lib/adapters/connect-delivery.ts";
import { runProcess } from "../../actions/lib/adapters/process.ts";
import { keySigner } from "../../actions/lib/adapters/sigstore-signer.ts";
import { parseBuiltImages } from "../../actions/lib/domain/built-image.ts";
import type { Signer } from "../../actions/lib/ports/signing.ts";
import { fileRegistry } from "../../actions/lib/testing/file-registry.ts";
import { gitRepository } from "../../actions/lib/testing/git-repository.ts";
import { startLoopbackGitHub } from "../../actions/lib/testing/loopback-github.ts";
import { silentLogger } from "../../actions/lib/testing/silent-logger.ts";
import { bareRepository } from "../../actions/lib/testing/test-git.ts";
import { run as promoteImages } from "../../actions/promote/run.ts";
import { repositoryRoot } from "../setup/repository.ts";

const { program, server } = await fileRegistry();

const LOCK = "pipelines/runtime/requirements-spark.lock";
const names = ["breweries-silver", "breweries-tests", "breweries-gold"];

function lock(versions: Readonly<Record<string, string>>): string {
  const entries = Object.entries(versions);
  return entries.map(([name, version]) => `${name}==${version} \\\n    --hash=sha256:00\n`).join("");
}

/** Pushes a base whose one layer holds the lock that it would be made by. */
async function pushBase(root: string, lockText: string): Promise<string> {
  const layer = join(root, ".git/base.tar");
  await runProcess({ file: "tar", args: ["-cf", layer, LOCK], cwd: root });
  const base = `${server.host}/spark-base:${createHash("sha256").update(lockText).digest("hex").slice(0, 16)}`;
  await runProcess({ file: program, args: ["append", "--new_tag", base, "--new_layer", layer] });
  return base;
}

/** A repository on a loopback GitHub, whose production is changed by pull request. */
async function place(signer: Signer | undefined) {
  const entries = names.map((name) => `  - name: ${name}\n    newTag: unbuilt\n`).join("");
  const here = await gitRepository({
    "pipelines/breweries/pipeline.yaml": await readFile(
      join(repositoryRoot, "pipelines/breweries/pipeline.yaml"),
      "utf8",
    ),
    "pipelines/breweries/gold/x.sql": "select 1",
    [LOCK]: lock({ attrs: "26.1.0", numpy: "2.4.1", six: "1.17.0" }),
    "overlays/dev/kustomization.yaml": `images:\n${entries}`,
    "overlays/prod/kustomization.yaml": `images:\n${entries}`,
    "overlays/prod/cicd/environment.yaml": "data:\n  delivery: pull-request\n",
  });
  const remote = await bareRepository();
  await here.git("remote", "add", "origin", remote);
  await here.git("push", "--quiet", "origin", "main");
  const github = await startLoopbackGitHub(remote);
  const committer = { name: "Bot", email: "bot@example.invalid" };
  const shared = { pushBranch: "main", dryRun: false, committer };
  const ports = () =>
    connectDelivery({
      root: here.root,
      identity: committer,
      github: github.options,
      logger: silentLogger(),
    });
  /** Builds what is checked out, pushes it, and offers it to an environment. */
  const deliver = async (environment: string, way?: "commit"): Promise<void> => {
    const building = await connectBuilding({ root: here.root, logger: silentLogger() });
    const registry = `${server.host}/${signer === undefined ? "plain" : "signed"}`;
    const baseImage = await pushBase(here.root, await readFile(join(here.root, LOCK), "utf8"));
    const built = await buildImages(
      { registry, baseImage, airflowImage: undefined, pipelines: [], dryRun: false },
      { ...building, signer },
    );
    const images = parseBuiltImages(JSON.parse(built.outputs.images ?? "[]"));
    const inputs = { environment, images, sourceCommit: undefined, commit: true, way, ...shared };
    await bumpImages(inputs, ports());
  };
  const promote = () =>
    promoteImages({ from: "dev", to: "prod", images: [], unproved: true, ...shared }, ports());
  /** A merge that moves packages of what images are built on. */
  const update = async (): Promise<void> => {
    await here.write(LOCK, lock({ attrs: "26.2.0", numpy: "2.4.1", wrapt: "2.0.0" }));
    await here.git("commit", "--quiet", "--all", "--message=Newer packages");
    await here.git("push", "--quiet", "origin", "main");
  };
  return { ...here, github, deliver, promote, update };
}

const newKey = (): Signer => {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  return keySigner(privateKey.export({ format: "pem", type: "pkcs8" }).toString());
};

const expected = `
**Packages**

- \`pypi/attrs\` 26.1.0 → 26.2.0 (breweries-silver, breweries-tests, breweries-gold)
- \`pypi/six\` 1.17.0 → nothing (breweries-silver, breweries-tests, breweries-gold)
- \`pypi/wrapt\` nothing → 2.0.0 (breweries-silver, breweries-tests, breweries-gold)
`;

test.each([
  ["as it was pushed beside them", undefined],
  ["as it was signed", newKey()],
])(
  "a bump's pull request names the packages that change, from the images' SBOMs %s",
  { timeout: 120_000 },
  async (_name, signer) => {
    const at = await place(signer);
    await at.deliver("prod", "commit");
    await at.update();
    await at.deliver("prod");
    expect(at.github.pulls).toHaveLength(1);
    expect(at.github.pulls[0]?.body).toContain(expected);
    expect(at.github.pulls[0]?.body).not.toContain("numpy");
    expect(at.github.violations).toEqual([]);
  },
);

test("a promotion's pull request does, too", { timeout: 120_000 }, async () => {
  const at = await place(undefined);
  await at.deliver("dev");
  await at.deliver("prod", "commit");
  await at.update();
  await at.deliver("dev");
  await at.promote();
  expect(at.github.pulls).toMatchObject([
    { title: "Promote breweries-silver, breweries-tests and breweries-gold from dev to prod" },
  ]);
  expect(at.github.pulls[0]?.body).toContain(expected);
});
