import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { expectThat } from "./checks.ts";
import { containerLogs } from "./collect-logs.ts";
import type { E2e } from "./context.ts";
import { readSecret } from "./secrets.ts";

/** The Secrets that were made at bootstrap. */
const sources = ["postgres", "object-store", "airflow", "git", "shop"];

/** A text that was searched, and what it is. */
interface Haystack {
  name: string;
  text: string;
}

/** No value of a bootstrap secret stands anywhere but in Secrets. */
export async function checkSecrets(
  { checks, kubectl }: E2e,
  folders: { logs: string; volumes: string },
): Promise<void> {
  checks.group("secrets", "their values are printed nowhere");
  await checks.check("no log, event, object or file in the object store holds one", async () => {
    const values = await secretValues({ kubectl });
    expectThat(values.length >= 10, `only ${values.length} values were found to search for`);
    const haystacks = [
      ...(await containerLogs(kubectl)),
      { name: "events", text: await kubectl.run("get", "events", "--all-namespaces", "-o", "json") },
      { name: "objects", text: await kubectl.run("get", objectKinds, "--all-namespaces", "-o", "json") },
      ...filesUnder(folders.logs),
      ...objectStoreFiles(folders.volumes),
    ];
    const found = haystacks.flatMap(({ name, text }) =>
      values.filter(({ value }) => text.includes(value)).map((secret) => `${secret.name} in ${name}`),
    );
    expectThat(found.length === 0, () => `printed: ${found.join(", ")}`);
    const mebibytes = haystacks.reduce((sum, { text }) => sum + text.length, 0) / 1_048_576;
    return `${values.length} values in ${haystacks.length} texts of ${mebibytes.toFixed(1)} MiB`;
  });
}

const objectKinds = "pods,configmaps,deployments,statefulsets,jobs,services,applications.argoproj.io";

/** Each value as it is and in Base64. A user's name is no secret. */
export async function secretValues({
  kubectl,
}: Pick<E2e, "kubectl">): Promise<{ name: string; value: string }[]> {
  const secrets = await Promise.all(sources.map((name) => readSecret(kubectl, name, "management")));
  return secrets.flatMap((data, at) =>
    Object.entries(data)
      .filter(([key, value]) => value.length >= 12 && !key.endsWith("user"))
      .flatMap(([key, value]) => {
        const name = `${sources[at]}/${key}`;
        return [
          { name, value },
          { name: `${name} in Base64`, value: Buffer.from(value).toString("base64").replace(/=+$/, "") },
        ];
      }),
  );
}

/** Airflow's logs, run reports and tables lie as files on the object store's volume. */
function objectStoreFiles(volumes: string): Haystack[] {
  const buckets = readdirSync(volumes, { recursive: true, encoding: "utf8" })
    .filter((path) => /(^|\/)(airflow|lakehouse)$/.test(path))
    .map((path) => join(volumes, path));
  return buckets.flatMap(filesUnder);
}

function filesUnder(folder: string): Haystack[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((path) => join(folder, path))
    .filter((path) => statSync(path, { throwIfNoEntry: false })?.isFile() ?? false)
    .map((path) => ({ name: path, text: readFileSync(path, "latin1") }));
}
