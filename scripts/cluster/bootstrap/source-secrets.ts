import { randomBytes, randomInt } from "node:crypto";
import type { RenderedObject } from "../../../actions/lib/domain/rendered-objects.ts";
import { objectName } from "../../../actions/lib/domain/rendered-objects.ts";

/** The namespace of the source Secrets, as `manifests/management/external-secrets` reads it. */
export const SOURCE_NAMESPACE = "management";

const STORE = "source-secrets";

/** What the source Secrets hold, and how each value is made. */
const RECIPES: Readonly<Record<string, Readonly<Record<string, () => string>>>> = {
  airflow: {
    "admin-password": password,
    "api-secret-key": password,
    // Fernet takes 32 bytes in URL-safe Base64, padded.
    "fernet-key": () => randomBytes(32).toString("base64").replaceAll("+", "-").replaceAll("/", "_"),
    "jwt-secret": password,
  },
  git: { "webhook-secret": password },
  "object-store": {
    "airflow-access-key": accessKey,
    "airflow-secret-key": password,
    "lakehouse-access-key": accessKey,
    "lakehouse-secret-key": password,
    "root-access-key": accessKey,
    "root-secret-key": password,
  },
  postgres: { "airflow-password": password, "nessie-password": password, "superuser-password": password },
  shop: { "pii-key": password, "reader-password": password },
};

/** Keys by Secret: what is there. */
export type SecretKeys = ReadonlyMap<string, ReadonlySet<string>>;

/** Values to be added to a Secret. They are never printed. */
export interface NewSecretValues {
  name: string;
  /** Whether the Secret itself is missing. */
  isNew: boolean;
  values: Readonly<Record<string, string>>;
}

/**
 * Makes random values for what is missing. What is there stays: a password that changes under a database that was made
 * with it locks everyone out.
 *
 * @param present the source Secrets' keys
 */
export function planSourceSecrets(present: SecretKeys): NewSecretValues[] {
  return Object.entries(RECIPES).flatMap(([name, recipe]) => {
    const keys = present.get(name);
    const missing = Object.entries(recipe).filter(([key]) => keys?.has(key) !== true);
    if (missing.length === 0) return [];
    const values = Object.fromEntries(missing.map(([key, make]) => [key, make()]));
    return [{ name, isNew: keys === undefined, values }];
  });
}

/** Whether an environment takes its secrets from Secrets of the cluster, and not from a cloud's secret manager. */
export function usesSourceSecrets(objects: readonly RenderedObject[]): boolean {
  return objects.some(({ kind, metadata, spec }) => {
    const { provider } = (spec ?? {}) as { provider?: { kubernetes?: unknown } };
    return kind === "ClusterSecretStore" && metadata.name === STORE && provider?.kubernetes !== undefined;
  });
}

/**
 * Tells which values components ask for that no source Secret holds: their pods would wait for them for ever.
 *
 * @param objects the whole environment
 * @param present the source Secrets' keys
 * @returns a sentence for each
 */
export function neverMade(objects: readonly RenderedObject[], present: SecretKeys): string[] {
  return objects
    .filter(({ kind }) => kind === "ExternalSecret")
    .flatMap((object) => {
      const { data = [], secretStoreRef } = (object.spec ?? {}) as {
        data?: readonly { remoteRef?: { key?: string; property?: string } }[];
        secretStoreRef?: { name?: string };
      };
      if (secretStoreRef?.name !== STORE) return [];
      return data.flatMap(({ remoteRef: { key = "", property = "" } = {} }) => {
        if (present.get(key)?.has(property) === true) return [];
        return [
          `${objectName(object)} asks for ${key}/${property}, which was never made: ` +
            `add it to scripts/cluster/bootstrap/source-secrets.ts, or make it by hand with ` +
            `\`kubectl --namespace=${SOURCE_NAMESPACE} create secret generic ${key} --from-file=${property}=/dev/stdin\``,
        ];
      });
    });
}

/** 256 bits, in letters that no shell, URL or ini file reads otherwise. */
function password(): string {
  return randomBytes(32).toString("hex");
}

/** As long as Amazon's, and of the same letters. */
function accessKey(): string {
  const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  return Array.from({ length: 20 }, () => letters[randomInt(letters.length)]).join("");
}
