import { generateKeyPairSync } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { run as buildImages } from "../../actions/build-images/run.ts";
import { run } from "../../actions/bump-images/run.ts";
import { connectBuilding } from "../../actions/lib/adapters/connect-building.ts";
import { connectDelivery } from "../../actions/lib/adapters/connect-delivery.ts";
import { ociRegistry } from "../../actions/lib/adapters/oci-registry.ts";
import { runProcess } from "../../actions/lib/adapters/process.ts";
import { keylessSigner, keySigner } from "../../actions/lib/adapters/sigstore-signer.ts";
import { sigstoreVerifier } from "../../actions/lib/adapters/sigstore-verifier.ts";
import { type PinnedImage, parseBuiltImages } from "../../actions/lib/domain/built-image.ts";
import { buildLayer } from "../../actions/lib/domain/layer.ts";
import { aboutImage, BUNDLE_TYPE, PREDICATES } from "../../actions/lib/domain/statement.ts";
import type { SignatureVerifier, Signer } from "../../actions/lib/ports/signing.ts";
import { changingRegistry } from "../../actions/lib/testing/changing-registry.ts";
import { fileRegistry } from "../../actions/lib/testing/file-registry.ts";
import { gitRepository } from "../../actions/lib/testing/git-repository.ts";
import { loopbackSigstore } from "../../actions/lib/testing/loopback-sigstore.ts";
import { silentLogger } from "../../actions/lib/testing/silent-logger.ts";
import { run as runPromote } from "../../actions/promote/run.ts";

const { program, server } = await fileRegistry();
let places = 0;

const source = "https://github.com/acme/lake";
const workflow = `${source}/.github/workflows/deliver.yml@refs/heads/main`;
const pipeline = await runProcess({
  file: "git",
  args: ["show", "HEAD:pipelines/breweries/pipeline.yaml"],
  cwd: import.meta.dirname,
});
const overlay = "overlays/prod/kustomization.yaml";
const names = ["breweries-silver", "breweries-tests", "breweries-gold"];

function keys(): { own: string; pub: string } {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  return {
    own: privateKey.export({ format: "pem", type: "pkcs8" }).toString(),
    pub: publicKey.export({ format: "pem", type: "spki" }).toString(),
  };
}

/** A repository whose environment takes only what `signedBy` has signed, built and pushed to a place of its own. */
async function place(options: {
  signedBy: string;
  signer: Signer | undefined;
  pub?: string;
  origin?: string;
  ref?: string;
  verifier?: SignatureVerifier;
  spoil?: (root: string) => Promise<void>;
}) {
  const registry = `${server.host}/place-${++places}`;
  const entries = names.map((name) => `  - name: ${name}\n    newTag: unbuilt\n`).join("");
  const here = await gitRepository({
    "pipelines/breweries/pipeline.yaml": pipeline.stdout.toString(),
    "pipelines/breweries/gold/x.sql": "select 1",
    "pipelines/runtime/requirements-spark.lock": "attrs==26.1.0 \\\n    --hash=sha256:00\n",
    [overlay]: `images:\n${entries}`,
    "overlays/dev/kustomization.yaml": `images:\n${entries}`,
    "overlays/prod/cicd/environment.yaml": `data:\n  repoURL: ${source}.git\n  signed-by: ${options.signedBy}\n`,
    "keys/signing.pub": options.pub ?? "",
  });
  await here.git("remote", "add", "origin", options.origin ?? `${source}.git`);
  if (options.ref !== undefined) await here.git("symbolic-ref", "HEAD", options.ref);
  if (options.ref !== undefined) await here.git("commit", "--quiet", "--message=A request");
  await options.spoil?.(here.root);
  const building = await connectBuilding({ root: here.root, logger: silentLogger() });
  const built = await buildImages(
    { registry, baseImage: undefined, airflowImage: undefined, pipelines: [], dryRun: false },
    { ...building, signer: options.signer },
  );
  const images = parseBuiltImages(JSON.parse(built.outputs.images ?? "[]"));
  const committer = { name: "Bot", email: "bot@example.invalid" };
  const ports = connectDelivery({
    root: here.root,
    identity: committer,
    github: undefined,
    logger: silentLogger(),
  });
  const { verifier = ports.verifier } = options;
  const bump = (offered: readonly PinnedImage[] = images, environment = "prod") =>
    run(
      {
        environment,
        images: offered,
        sourceCommit: undefined,
        commit: true,
        pushBranch: undefined,
        dryRun: false,
        committer,
      },
      { ...ports, verifier },
    );
  const promote = () =>
    runPromote(
      {
        ...{ from: "dev", to: "prod", images: [], pushBranch: undefined, dryRun: false, committer },
        // That nobody says it is healthy is no matter here, and no way around signatures.
        unproved: true,
      },
      { ...ports, verifier },
    );
  const head = await here.git("rev-parse", "HEAD");
  const refuses = async (reason: string | RegExp, offered?: readonly PinnedImage[]): Promise<void> => {
    await expect(bump(offered)).rejects.toThrow(reason);
    expect(await here.git("rev-parse", "HEAD")).toBe(head);
    expect(await here.git("status", "--porcelain", "overlays")).toBe("");
  };
  return { ...here, registry, images, bump, promote, refuses };
}

const signedByKey = () => {
  const { own, pub } = keys();
  return { signedBy: "keys/signing.pub", signer: keySigner(own), pub };
};

describe("an environment that takes only what a key has signed", () => {
  test("takes what build-images has pushed, and what is signed tells its sources and contents", async () => {
    const at = await place(signedByKey());
    expect((await at.bump()).outputs.changed).toBe("true");
    const gold = at.images.find(({ name }) => name === "breweries-gold");
    const bundles = await ociRegistry().attached(
      { repository: gold?.repository ?? "", digest: gold?.digest ?? "" },
      BUNDLE_TYPE,
    );
    const statements = bundles.map((bytes) => {
      const bundle = JSON.parse(Buffer.from(bytes).toString());
      return JSON.parse(Buffer.from(bundle.dsseEnvelope.payload, "base64").toString());
    });
    expect(statements.map(({ predicateType }) => predicateType).sort()).toEqual(
      [PREDICATES.signature, PREDICATES.provenance, PREDICATES.sbom].sort(),
    );
    const of = (type: string) => statements.find(({ predicateType }) => predicateType === type)?.predicate;
    const commit = await at.git("rev-parse", "HEAD~");
    expect(of(PREDICATES.provenance).buildDefinition.resolvedDependencies).toEqual([
      { uri: `git+${source}@refs/heads/main`, digest: { gitCommit: commit } },
    ]);
    expect(of(PREDICATES.sbom)).toMatchObject({ bomFormat: "CycloneDX", specVersion: "1.6" });
    const files = of(PREDICATES.sbom).components.map(({ name }: { name: string }) => name);
    expect(files).toContain("opt/wavehouse/pipeline/gold/x.sql");
    const { stdout } = await runProcess({ file: program, args: ["config", gold?.reference ?? ""] });
    expect(JSON.parse(stdout.toString()).config.Labels).toEqual({
      "org.opencontainers.image.created": expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:]+Z$/),
      "org.opencontainers.image.revision": commit,
      "org.opencontainers.image.source": source,
      "org.opencontainers.image.title": "breweries-gold",
      "org.opencontainers.image.version": gold?.tag,
    });
  });

  test("refuses what is not signed, and moves none of the others", async () => {
    const at = await place({ ...signedByKey(), signer: undefined });
    await at.refuses(/breweries-silver \(\S+\): it is not signed\nbreweries-tests \(/);
  });

  test("takes by promotion what is signed, and refuses what is not though another environment runs it", {
    timeout: 90_000,
  }, async () => {
    const signed = await place(signedByKey());
    await signed.bump(undefined, "dev");
    expect((await signed.promote()).outputs.changed).toBe("true");
    const unsigned = await place({ ...signedByKey(), signer: undefined });
    await unsigned.bump(undefined, "dev");
    const head = await unsigned.git("rev-parse", "HEAD");
    await expect(unsigned.promote()).rejects.toThrow(
      /breweries-silver \(\S+\): it is not signed\nbreweries-tests/,
    );
    expect(await unsigned.git("rev-parse", "HEAD")).toBe(head);
    expect(await unsigned.git("status", "--porcelain", "overlays")).toBe("");
  });

  test("refuses what another key has signed", async () => {
    const at = await place({ ...signedByKey(), signer: keySigner(keys().own) });
    await at.refuses("no signature of it holds: signature verification failed");
  });

  test("refuses a tag that was moved after the build", async () => {
    const at = await place(signedByKey());
    const [silver, tests] = at.images;
    const moved = `${silver?.repository}:${silver?.tag}`;
    await runProcess({ file: program, args: ["copy", `${tests?.reference}`, moved] });
    await at.refuses(`its tag was moved: ${moved} is ${tests?.digest} now`);
  });

  test("refuses another image in the place of a signed one, though its tag points at it", async () => {
    const at = await place(signedByKey());
    const [silver] = at.images;
    const layer = buildLayer([{ path: "evil", bytes: Buffer.from("evil"), executable: true }]);
    const reference = `${silver?.repository}:${silver?.tag}`;
    const digest = await ociRegistry().append({ base: undefined, layer, reference });
    await at.refuses(
      "it is not signed",
      at.images.map((image) =>
        image === silver ? { ...image, digest, reference: `${reference}@${digest}` } : image,
      ),
    );
  });

  test("refuses a signature that was carried over from another image", async () => {
    const { own, pub } = keys();
    const at = await place({ signedBy: "keys/signing.pub", pub, signer: undefined });
    const evidence = ociRegistry();
    const other = { repository: `${at.registry}/other`, digest: `sha256:${"e".repeat(64)}` };
    for (const { repository, digest } of at.images) {
      const body = await keySigner(own).sign(aboutImage(other, PREDICATES.signature, {}));
      await evidence.attach({ repository, digest }, { type: BUNDLE_TYPE, body, annotations: {} });
    }
    await at.refuses("what is signed is another image");
  });

  test("refuses a layer that was changed in the registry", async () => {
    const at = await place(signedByKey());
    const real = ociRegistry();
    const committer = { name: "Bot", email: "bot@example.invalid" };
    const ports = connectDelivery({
      root: at.root,
      identity: committer,
      github: undefined,
      logger: silentLogger(),
    });
    // The registry itself would refuse such a blob, so one that lies stands between.
    const stub = await changingRegistry(server.host);
    const images = at.images.map((image) => ({
      ...image,
      repository: image.repository.replace(server.host, stub.host),
      reference: image.reference.replace(server.host, stub.host),
    }));
    expect(await real.digest(at.images[0]?.reference ?? "")).toBe(at.images[0]?.digest);
    const inputs = { environment: "prod", images, sourceCommit: undefined, commit: true };
    await expect(run({ ...inputs, pushBranch: undefined, dryRun: false, committer }, ports)).rejects.toThrow(
      /lies: what it gives for the blob sha256:\S+ .* its content was changed/,
    );
  });

  test.each([
    [
      "another repository",
      { origin: "git@github.com:mallory/lake.git" },
      /it was built from https:\/\/github\.com\/mallory\/lake, not from https:\/\/github\.com\/acme\/lake/,
    ],
    [
      "a pull request",
      { ref: "refs/pull/7/merge" },
      /it was built for a pull request \(refs\/pull\/7\/merge\)/,
    ],
  ])("refuses what was built from %s, though it is signed", async (_, more, reason) => {
    const at = await place({ ...signedByKey(), ...more });
    await at.refuses(reason);
  });

  test("refuses what was built from files that are in no commit", async () => {
    const spoil = (root: string) => writeFile(`${root}/pipelines/breweries/gold/x.sql`, "select 2");
    const at = await place({ ...signedByKey(), spoil });
    await expect(at.bump()).rejects.toThrow("it was built from files that are in no commit");
  });

  test("says which file the key is not in", async () => {
    const at = await place({ ...signedByKey(), signedBy: "keys/none.pub" });
    await at.refuses("data.signed-by names keys/none.pub, which is not there");
  });
});

describe("an environment that takes only what a workflow has signed", () => {
  const keyless = async (as: string, issuer?: string) => {
    const sigstore = await loopbackSigstore();
    return {
      signedBy: workflow,
      signer: keylessSigner(sigstore.as(as, issuer)),
      verifier: sigstoreVerifier(async () => sigstore.root),
    };
  };

  test("takes what it has signed", async () => {
    const at = await place(await keyless(workflow));
    expect((await at.bump()).outputs.changed).toBe("true");
  });

  test.each([
    [
      "a fork's",
      workflow.replace("acme", "mallory"),
      undefined,
      /only https:\/\/github\.com\/acme\/lake\S+ may/,
    ],
    [
      "a pull request's",
      workflow.replace("heads/main", "pull/7/merge"),
      undefined,
      /a pull request's run; only/,
    ],
    [
      "another identity provider's",
      workflow,
      "https://accounts.example",
      /an identity of https:\/\/accounts\.example, not of GitHub/,
    ],
  ])("refuses %s signature", async (_, as, issuer, reason) => {
    const at = await place(await keyless(as, issuer));
    await at.refuses(reason);
  });

  test("refuses a key's signature, and one that other services vouch for", async () => {
    const good = await keyless(workflow);
    const byKey = await place({ ...good, signer: keySigner(keys().own) });
    await byKey.refuses("it is by a key, not by a workflow");
    const other = await keyless(workflow);
    const elsewhere = await place({ ...good, verifier: other.verifier });
    await elsewhere.refuses(/no signature of it holds/);
  });
});
