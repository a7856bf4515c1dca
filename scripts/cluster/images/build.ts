import { parseArgs } from "node:util";
import { ociRegistry } from "../../../actions/lib/adapters/oci-registry.ts";
import { parseRegistry } from "../../../actions/lib/domain/image-reference.ts";
import { UserError } from "../../../actions/lib/domain/user-error.ts";
import { repositoryRoot } from "../../setup/repository.ts";
import { buildClusterImages } from "./build-cluster-images.ts";

const help = `node scripts/cluster/images/build.ts [--registry localhost:5001] [IMAGE…]

Builds the images of the platform that the registry does not have, by buildah (as root, without a daemon), and prints
each one's reference with its digest: spark-base and airflow, and the images that stand in for third parties' where no
registry with those can be reached.

  IMAGE       only these and what they stand on: spark-base, airflow, stand-in/argocd, stand-in/redis, …
  --registry  where they are looked up and pushed; localhost:5001 by default
  --help      this text

Needs buildah and mmdebstrap, the network the first time, and what \`npm run setup\` needs.
`;

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { help: { type: "boolean" }, registry: { type: "string", default: "localhost:5001" } },
  });
  if (values.help) {
    process.stdout.write(help);
    return;
  }
  const images = await buildClusterImages({
    root: repositoryRoot,
    registry: parseRegistry(values.registry),
    images: ociRegistry(),
    log: (line) => process.stderr.write(`${line}\n`),
    only: positionals,
  });
  for (const { name, reference } of images) process.stdout.write(`${name} ${reference}\n`);
}

/** Tells a fault without a stack trace, and a bug with one. */
function fail(error: unknown): void {
  const isFault =
    error instanceof UserError ||
    (error instanceof Error && "code" in error && String(error.code).startsWith("ERR_PARSE_ARGS"));
  process.stderr.write(
    `images: ${isFault ? error.message : error instanceof Error ? error.stack : String(error)}\n`,
  );
  process.exitCode = 1;
}

if (import.meta.main) await main().catch(fail);
