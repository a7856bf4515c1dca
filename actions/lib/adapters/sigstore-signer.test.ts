import { createPublicKey, generateKeyPairSync, verify } from "node:crypto";
import { expect, test } from "vitest";
import { aboutImage, PREDICATES } from "../domain/statement.ts";
import { keySigner } from "./sigstore-signer.ts";

test("a key's signature is over DSSE's encoding, and names no key by an id that cosign would compute otherwise", async () => {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const signer = keySigner(privateKey.export({ format: "pem", type: "pkcs8" }).toString());
  const image = { repository: "localhost:5001/breweries-gold", digest: `sha256:${"a".repeat(64)}` };
  const { dsseEnvelope, verificationMaterial } = JSON.parse(
    await signer.sign(aboutImage(image, PREDICATES.signature, {})),
  );
  const [{ keyid, sig }] = dsseEnvelope.signatures;
  expect(keyid).toBe("");
  expect(verificationMaterial.publicKey.hint).toMatch(/^[A-Za-z0-9+/]{43}=$/);
  const payload = Buffer.from(dsseEnvelope.payload, "base64");
  const type = dsseEnvelope.payloadType;
  const signed = Buffer.concat([Buffer.from(`DSSEv1 ${type.length} ${type} ${payload.length} `), payload]);
  expect(verify("sha256", signed, createPublicKey(privateKey), Buffer.from(sig, "base64"))).toBe(true);
});
