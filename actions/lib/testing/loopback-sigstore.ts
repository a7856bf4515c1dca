import { createHash, generateKeyPairSync } from "node:crypto";
import { fulcioHandler, initializeCA, initializeCTLog, initializeTLog, rekorHandler } from "@sigstore/mock";
import { type TrustMaterial, toTrustMaterial } from "@sigstore/verify";
import type { KeylessOptions } from "../adapters/sigstore-signer.ts";
import { stubServer } from "./stub-server.ts";

/** Sigstore's services on this machine, with keys of their own. */
export interface LoopbackSigstore {
  /** Signs as a workflow of GitHub's. */
  as(workflow: string, issuer?: string): KeylessOptions;
  /** What those trust who trust these services. */
  root: TrustMaterial;
}

const GITHUB = "https://token.actions.githubusercontent.com";

/** Starts a certificate authority and a log, until the running test ends. */
export async function loopbackSigstore(): Promise<LoopbackSigstore> {
  const pair = () => generateKeyPairSync("ec", { namedCurve: "P-256" });
  const ctlog = await initializeCTLog(pair());
  const ca = await initializeCA(pair(), ctlog);
  const tlog = await initializeTLog("https://rekor.sigstore.dev", pair());
  const rekor = rekorHandler(tlog);
  const handlers = [fulcioHandler(ca), rekor];
  const stub = await stubServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const handler = handlers.find(({ path }) => path === request.url);
    if (handler === undefined) return response.writeHead(404).end();
    const asked = Buffer.concat(chunks).toString();
    const {
      statusCode,
      response: body,
      contentType,
    } = await handler.fn(request.url === rekor.path ? asLogged(asked) : asked);
    const headers = { "content-type": contentType ?? "text/plain" };
    return response.writeHead(statusCode, headers).end(body);
  });
  const start = new Date(0);
  const key = (bytes: Buffer) => ({ rawBytes: bytes, keyDetails: 5, validFor: { start } });
  const log = (baseUrl: string, publicKey: Buffer, keyId: Buffer) => ({
    ...{ baseUrl, hashAlgorithm: 1, publicKey: key(publicKey), logId: { keyId } },
    ...{ checkpointKeyId: undefined, operator: "test" },
  });
  const hash = (bytes: Buffer): Buffer => createHash("sha256").update(bytes).digest();
  const root = toTrustMaterial({
    mediaType: "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
    certificateAuthorities: [
      {
        subject: { commonName: "sigstore", organization: "sigstore.mock" },
        uri: "",
        certChain: { certificates: [{ rawBytes: Buffer.from(ca.rootCertificate.buffer) }] },
        validFor: { start },
        operator: "test",
      },
    ],
    tlogs: [log("https://rekor.sigstore.dev", tlog.publicKey, hash(tlog.publicKey))],
    ctlogs: [log("https://ctfe.sigstore.dev", ctlog.publicKey, Buffer.from(ctlog.logID.buffer))],
    timestampAuthorities: [],
  });
  const url = `http://${stub.host}`;
  const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  return {
    root,
    as: (workflow, issuer = GITHUB) => ({
      fulcioUrl: url,
      rekorUrl: url,
      identityToken: async () => `${encode({ alg: "none" })}.${encode({ sub: workflow, iss: issuer })}.x`,
    }),
  };
}

/** The log keeps no envelope, only its hashes and signatures; the mock would write down what it is given. */
function asLogged(asked: string): string {
  const entry = JSON.parse(asked) as {
    spec: { proposedContent: { envelope: string; verifiers: string[] } };
  };
  const { envelope, verifiers } = entry.spec.proposedContent;
  const { payload, signatures } = JSON.parse(envelope) as { payload: string; signatures: { sig: string }[] };
  const hash = (bytes: string | Buffer) => ({
    algorithm: "sha256",
    value: createHash("sha256").update(bytes).digest("hex"),
  });
  const spec = {
    envelopeHash: hash(envelope),
    payloadHash: hash(Buffer.from(payload, "base64")),
    signatures: signatures.map(({ sig }, index) => ({ signature: sig, verifier: verifiers[index] })),
  };
  return JSON.stringify({ ...entry, spec });
}
