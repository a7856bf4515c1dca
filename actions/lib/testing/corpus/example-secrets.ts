import { parseAllDocuments } from "yaml";

const GENERATED = "manifests/processing/pipelines/";
const SHARED = "manifests/processing/spark-jobs";

/**
 * Adds the Secrets that the example pipelines name, as an environment's own people would: with ExternalSecrets.
 *
 * @param files the repository's text by path, what is generated among it; gets another file where one is missing
 */
export function addExampleSecrets(files: Map<string, string>): void {
  const others = [...files].filter(
    ([path]) => path.startsWith("manifests/processing/") && !path.startsWith(GENERATED),
  );
  const made = new Set(
    others.flatMap(([, text]) =>
      [...text.matchAll(/^kind: ExternalSecret\nmetadata:\n {2}name: (\S+)/gm)].map((match) => match[1]),
    ),
  );
  const wanted = new Map<string, Set<string>>();
  for (const [path, text] of files) {
    if (!path.startsWith(GENERATED) || !text.includes("secretKeyRef")) continue;
    for (const document of parseAllDocuments(text)) collect(document.toJS(), wanted);
  }
  const missing = [...wanted].filter(([name]) => !made.has(name)).sort(([a], [b]) => (a < b ? -1 : 1));
  const kustomization = `${SHARED}/kustomization.yaml`;
  const base = files.get(kustomization);
  if (missing.length === 0 || base === undefined) return;
  files.set(
    `${SHARED}/examples.yaml`,
    missing.map(([name, keys]) => externalSecret(name, [...keys])).join("---\n"),
  );
  files.set(kustomization, base.replace("resources:\n", "resources:\n  - examples.yaml\n"));
}

function collect(value: unknown, wanted: Map<string, Set<string>>): void {
  if (typeof value !== "object" || value === null) return;
  const { secretKeyRef } = value as { secretKeyRef?: { name: string; key: string } };
  if (secretKeyRef !== undefined) {
    const { name, key } = secretKeyRef;
    wanted.set(name, (wanted.get(name) ?? new Set()).add(key));
  }
  for (const item of Object.values(value)) collect(item, wanted);
}

function externalSecret(name: string, keys: readonly string[]): string {
  const data = keys.map(
    (key) => `    - { secretKey: ${key}, remoteRef: { key: examples, property: ${key} } }\n`,
  );
  return `apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: { name: ${name} }
spec:
  refreshInterval: 5m
  secretStoreRef: { kind: ClusterSecretStore, name: source-secrets }
  data:
${data.join("")}`;
}
