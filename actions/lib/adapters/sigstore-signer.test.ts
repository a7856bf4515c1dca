import { createPublicKey, generateKeyPairSync, verify, X509Certificate } from "node:crypto";
import { afterEach, expect, test, vi } from "vitest";
import { aboutImage, PREDICATES } from "../domain/statement.ts";
import { UserError } from "../domain/user-error.ts";
import { loopbackSigstore } from "../testing/loopback-sigstore.ts";
import { stubServer } from "../testing/stub-server.ts";
import { keylessSigner, keySigner } from "./sigstore-signer.ts";

const image = { repository: "localhost:5001/breweries-gold", digest: `sha256:${"a".repeat(64)}` };
const statement = aboutImage(image, PREDICATES.signature, {});
const WORKFLOW = "https://github.com/acme/lake/.github/workflows/deliver.yml@refs/heads/main";

afterEach(() => vi.unstubAllEnvs());

test("a key's signature is over DSSE's encoding, and names no key by an id that cosign would compute otherwise", async () => {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const signer = keySigner(privateKey.export({ format: "pem", type: "pkcs8" }).toString());
  const { dsseEnvelope, verificationMaterial } = JSON.parse(await signer.sign(statement));
  const [{ keyid, sig }] = dsseEnvelope.signatures;
  expect(keyid).toBe("");
  expect(verificationMaterial.publicKey.hint).toMatch(/^[A-Za-z0-9+/]{43}=$/);
  const payload = Buffer.from(dsseEnvelope.payload, "base64");
  const type = dsseEnvelope.payloadType;
  const signed = Buffer.concat([Buffer.from(`DSSEv1 ${type.length} ${type} ${payload.length} `), payload]);
  expect(verify("sha256", signed, createPublicKey(privateKey), Buffer.from(sig, "base64"))).toBe(true);
});

/** The runner's token service, and what the runner tells a job with `id-token: write` of it. */
async function runnerTokens(status: number, body: (asked: URL) => object) {
  const asked: { path: string; authorization: string | undefined }[] = [];
  const server = await stubServer((request, response) => {
    const path = request.url ?? "";
    asked.push({ path, authorization: request.headers.authorization });
    response.writeHead(status, { "content-type": "application/json" });
    response.end(JSON.stringify(body(new URL(path, "http://runner"))));
  });
  vi.stubEnv("ACTIONS_ID_TOKEN_REQUEST_URL", `http://${server.host}/token?api-version=2.0`);
  vi.stubEnv("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "of-this-job");
  return asked;
}

/** Of Sigstore's place alone: who signs is asked of the runner. */
async function loopbackUrls() {
  const sigstore = await loopbackSigstore();
  const { fulcioUrl = "", rekorUrl = "", identityToken } = sigstore.as(WORKFLOW);
  return { fulcioUrl, rekorUrl, tokenOf: async () => (await identityToken?.()) ?? "" };
}

test("without a key, the runner's own token for Sigstore says who signs", async () => {
  const { tokenOf, ...urls } = await loopbackUrls();
  const value = await tokenOf();
  const asked = await runnerTokens(200, ({ searchParams }) =>
    searchParams.get("audience") === "sigstore" ? { value } : {},
  );
  const { verificationMaterial } = JSON.parse(await keylessSigner(urls).sign(statement));
  expect(asked).toEqual([
    { path: "/token?api-version=2.0&audience=sigstore", authorization: "Bearer of-this-job" },
  ]);
  const certificate = new X509Certificate(Buffer.from(verificationMaterial.certificate.rawBytes, "base64"));
  expect(certificate.subjectAltName).toContain(WORKFLOW);
  expect(verificationMaterial.tlogEntries).toHaveLength(1);
});

const PERMISSION =
  "cannot sign: there is no identity to sign with; give the job `permissions: id-token: write`, or give a signing-key";

test.each(["ACTIONS_ID_TOKEN_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_TOKEN"])(
  "a job without the permission, which gets no %s, is told which one",
  async (missing) => {
    const { fulcioUrl, rekorUrl } = await loopbackUrls();
    const asked = await runnerTokens(200, () => ({ value: "x" }));
    vi.stubEnv(missing, "");
    const failed = keylessSigner({ fulcioUrl, rekorUrl }).sign(statement);
    await expect(failed).rejects.toThrow(PERMISSION);
    await expect(failed).rejects.toBeInstanceOf(UserError);
    expect(asked).toEqual([]);
  },
);

test.each([
  ["refuses the token", 403, { message: "Resource not accessible by integration" }],
  ["gives what is none", 200, { value: "s3cret" }],
])("a runner that %s is told as such, and no token is", async (_name, status, answer) => {
  const { fulcioUrl, rekorUrl } = await loopbackUrls();
  await runnerTokens(status, () => answer);
  const failure = await keylessSigner({ fulcioUrl, rekorUrl }).sign(statement).catch(String);
  expect(failure).toMatch(
    /^UserError: cannot sign: the runner has refused the token .*`permissions: id-token: write`/,
  );
  expect(failure).not.toContain("s3cret");
});
