import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { ProcessError, runProcess } from "../../actions/lib/adapters/process.ts";
import { prepare } from "../setup/prepare.ts";
import { runtimeDir } from "../setup/repository.ts";
import { CheckFailure } from "./checks.ts";
import type { E2e } from "./context.ts";
import { readSecret } from "./secrets.ts";
import { serviceAddress } from "./service-address.ts";
import { shopPipeline } from "./shop-database.ts";

const timeoutMs = 300_000;

/** Where the catalog and the store are, by the names that pods know them by. */
const services = [
  { name: "nessie", namespace: "query" },
  { name: "object-store", namespace: "deepstorage" },
] as const;

/**
 * Runs `compare_shop.py` on this machine, against the catalog and the store of the cluster: what the jobs there left, and
 * nothing of theirs, decides what it reads.
 *
 * @param asked what PostgreSQL expects, or that all tables are to be dropped
 * @returns its last line
 * @throws CheckFailure with what differs
 */
export async function readLake(
  { kubectl }: Pick<E2e, "kubectl">,
  asked: { expected: string } | "--forget",
): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "wavehouse-lake-"));
  try {
    const { python, java, jars } = await prepare([]);
    const file = join(folder, "expected");
    if (asked !== "--forget") await writeFile(file, asked.expected);
    const keys = await readSecret(kubectl, "object-store", "management");
    const { stdout } = await runProcess({
      file: python.python,
      args: [join(import.meta.dirname, "compare_shop.py"), shopPipeline, asked === "--forget" ? asked : file],
      cwd: folder,
      env: {
        PYTHONPATH: [runtimeDir, join(dirname(shopPipeline), "tests")].join(":"),
        PYTHONDONTWRITEBYTECODE: "1",
        JAVA_HOME: java.home,
        // What the catalog tells its clients are the cluster's names.
        JAVA_TOOL_OPTIONS: `-Djdk.net.hosts.file=${await writeHosts(kubectl, join(folder, "hosts"))}`,
        SPARK_LOCAL_IP: "127.0.0.1",
        WAVEHOUSE_JARS: jars,
        WAVEHOUSE_STORE: "s3a://{bucket}",
        WAVEHOUSE_CATALOGS: JSON.stringify({
          iceberg: {
            type: "rest",
            uri: "http://nessie.query.svc.cluster.local:19120/iceberg",
            warehouse: "lakehouse",
            "http-client.type": "urlconnection",
          },
        }),
        AWS_ACCESS_KEY_ID: keys["lakehouse-access-key"],
        AWS_SECRET_ACCESS_KEY: keys["lakehouse-secret-key"],
        AWS_REGION: "us-east-1",
        AWS_REQUEST_CHECKSUM_CALCULATION: "WHEN_REQUIRED",
        AWS_RESPONSE_CHECKSUM_VALIDATION: "WHEN_REQUIRED",
      },
      timeoutMs,
    });
    return stdout.toString().trim().split("\n").at(-1) ?? "";
  } catch (error) {
    if (!(error instanceof ProcessError)) throw error;
    throw new CheckFailure(error.stdout.trim() || error.message);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function writeHosts(kubectl: E2e["kubectl"], file: string): Promise<string> {
  const lines = await Promise.all(
    services.map(async ({ name, namespace }) => {
      const address = new URL(await serviceAddress(kubectl, name, namespace));
      return `${address.hostname} ${name}.${namespace}.svc.cluster.local\n`;
    }),
  );
  // Java knows no other names then: this machine's own is one that Spark asks for.
  await writeFile(file, `127.0.0.1 localhost ${hostname()}\n${lines.join("")}`);
  return file;
}
