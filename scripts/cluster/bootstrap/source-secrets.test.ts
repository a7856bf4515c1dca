import { expect, test } from "vitest";
import { parseRendered } from "../../../actions/lib/domain/rendered-objects.ts";
import { neverMade, planSourceSecrets, type SecretKeys, usesSourceSecrets } from "./source-secrets.ts";

const NONE: SecretKeys = new Map();

function keysOf(values: ReturnType<typeof planSourceSecrets>): SecretKeys {
  return new Map(values.map(({ name, values: made }) => [name, new Set(Object.keys(made))]));
}

function externalSecret(key: string, property: string, store = "source-secrets"): string {
  return `apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: { name: it, namespace: there }
spec:
  secretStoreRef: { kind: ClusterSecretStore, name: ${store} }
  data: [{ secretKey: a, remoteRef: { key: ${key}, property: ${property} } }]
`;
}

test("each value is random, and fit for what it is for", () => {
  const [first, second] = [planSourceSecrets(NONE), planSourceSecrets(NONE)];
  expect(first.every(({ isNew }) => isNew)).toBe(true);
  const all = [...first, ...second].flatMap(({ values }) => Object.values(values));
  expect(new Set(all).size).toBe(all.length);
  expect(Math.min(...all.map((value) => value.length))).toBeGreaterThanOrEqual(20);
  const fernet = first.find(({ name }) => name === "airflow")?.values["fernet-key"] ?? "";
  expect(fernet).toMatch(/^[A-Za-z0-9_-]{43}=$/);
  expect(Buffer.from(fernet, "base64url")).toHaveLength(32);
  const store = first.find(({ name }) => name === "object-store")?.values ?? {};
  expect(store["root-access-key"]).toMatch(/^[A-Z2-7]{20}$/);
});

test("what is there is never made again; a key that came later is added", () => {
  const present = keysOf(planSourceSecrets(NONE));
  expect(planSourceSecrets(present)).toEqual([]);
  const older = new Map(present).set("postgres", new Set(["superuser-password"]));
  expect(planSourceSecrets(older)).toEqual([
    {
      name: "postgres",
      isNew: false,
      values: { "airflow-password": expect.any(String), "nessie-password": expect.any(String) },
    },
  ]);
});

test("a value that a component asks for and nobody made is told", () => {
  const present = keysOf(planSourceSecrets(NONE));
  const said = (text: string) => neverMade(parseRendered(text), present);
  expect(said(externalSecret("postgres", "airflow-password"))).toEqual([]);
  expect(said(externalSecret("postgres", "owner", "another-store"))).toEqual([]);
  expect(said(externalSecret("postgres", "owner"))).toEqual([
    expect.stringMatching(
      /^ExternalSecret there\/it asks for postgres\/owner, which was never made: add it to/,
    ),
  ]);
  expect(said(externalSecret("kafka", "owner"))).toHaveLength(1);
});

test("an environment whose store is a cloud's needs no source Secrets", () => {
  const store = (provider: string) =>
    parseRendered(
      `apiVersion: external-secrets.io/v1\nkind: ClusterSecretStore\nmetadata: { name: source-secrets }\nspec: { provider: { ${provider}: {} } }\n`,
    );
  expect(usesSourceSecrets(store("kubernetes"))).toBe(true);
  expect(usesSourceSecrets(store("aws"))).toBe(false);
});
