import { imageLabels } from "../lib/domain/image-labels.ts";
import { formatImageReference, parseImageReference } from "../lib/domain/image-reference.ts";
import { JARS_FILE } from "../lib/domain/jars-lock.ts";
import type { PlannedImage } from "../lib/domain/plan-images.ts";
import { type BuildFacts, provenance } from "../lib/domain/provenance.ts";
import { type Library, readJarsLock, readPythonLock, sbom } from "../lib/domain/sbom.ts";
import type { ImageMetadata } from "../lib/domain/stack-image.ts";
import {
  aboutImage,
  BUNDLE_TYPE,
  PREDICATES,
  SBOM_TYPE,
  STATEMENT_TYPE,
  type Statement,
} from "../lib/domain/statement.ts";
import type { BuildSource } from "../lib/ports/build-source.ts";
import type { ImageEvidence } from "../lib/ports/image-evidence.ts";
import type { Signer } from "../lib/ports/signing.ts";
import type { Workspace } from "../lib/ports/workspace.ts";

/** What an image stands on. */
export interface Base {
  digest: string;
  /** `<registry>/<name>@<digest>`. */
  reference: string;
  /** As it was asked for, without a digest. */
  name: string;
  /** What it was made with. */
  libraries: readonly Library[];
}

/** Tells what images are and where they come from. */
export interface Describer {
  /** Labels, and the time that is on the image. */
  metadata(image: PlannedImage, base: Base | undefined): Promise<ImageMetadata>;
  /** Attaches a list of its contents, how it was made and, with a signer, signatures. */
  vouch(image: PlannedImage, base: Base | undefined, digest: string): Promise<void>;
}

/** Files that were never committed have no time. */
const NO_TIME = "1970-01-01T00:00:00Z";
const PYTHON_LOCKS = {
  jobs: "pipelines/runtime/requirements-spark.lock",
  dags: "pipelines/runtime/requirements-airflow.lock",
};

/**
 * @param source where the files come from
 * @param evidence takes what is attached
 * @param signer `undefined` leaves what is attached unsigned
 */
export function imageDescriber(
  source: BuildSource,
  evidence: Pick<ImageEvidence, "attach">,
  signer: Signer | undefined,
): Describer {
  let known: Promise<BuildFacts> | undefined;
  const facts = (): Promise<BuildFacts> => {
    known ??= source.facts();
    return known;
  };
  const describe = async (
    image: PlannedImage,
  ): Promise<{ created: string; revision: string | undefined }> => {
    const last = await source.lastChange(image.sources);
    return { created: last?.date ?? NO_TIME, revision: last?.commit };
  };
  return {
    metadata: async (image, base) => {
      const { created, revision } = await describe(image);
      const { source: address } = await facts();
      const labels = imageLabels({ ...image, source: address, revision, created, base });
      return { labels, created };
    },
    vouch: async (image, base, digest) => {
      const { created } = await describe(image);
      const { name, tag, repository, files } = image;
      const below = base === undefined ? undefined : asImage(base);
      const contents = sbom({ name, tag, created, base: below }, base?.libraries ?? [], files);
      const made = provenance(await facts(), { name, tag, base: below });
      const of = { repository, digest };
      const say = (statement: Statement, plain: { type: string; body: unknown } | undefined): Promise<void> =>
        attach(evidence, signer, of, statement, plain);
      const built = aboutImage(of, PREDICATES.provenance, made);
      // One after the other: registries without the referrers API keep one list, and the last to write it wins.
      await say(aboutImage(of, PREDICATES.signature, {}), undefined);
      await say(aboutImage(of, PREDICATES.sbom, contents), { type: SBOM_TYPE, body: contents });
      await say(built, { type: STATEMENT_TYPE, body: built });
    },
  };
}

async function attach(
  evidence: Pick<ImageEvidence, "attach">,
  signer: Signer | undefined,
  image: { repository: string; digest: string },
  statement: Statement,
  plain: { type: string; body: unknown } | undefined,
): Promise<void> {
  const { predicateType } = statement;
  if (signer !== undefined) {
    const annotations = {
      "dev.sigstore.bundle.content": "dsse-envelope",
      "dev.sigstore.bundle.predicateType": predicateType,
    };
    await evidence.attach(image, { type: BUNDLE_TYPE, body: await signer.sign(statement), annotations });
  } else if (plain !== undefined) {
    const annotations = { "in-toto.io/predicate-type": predicateType };
    await evidence.attach(image, { type: plain.type, body: JSON.stringify(plain.body), annotations });
  }
}

function asImage({ reference, digest }: Base): { repository: string; digest: string } {
  return { repository: parseImageReference(reference)?.repository ?? reference, digest };
}

/**
 * @param image as it was asked for
 * @param digest what it is now
 * @param libraries what it was made with
 */
export function baseOf(image: string, digest: string, libraries: readonly Library[]): Base {
  const parts = parseImageReference(image);
  const { repository = image, tag } = parts ?? {};
  return {
    digest,
    reference: formatImageReference({ repository, tag: undefined, digest }),
    name: formatImageReference({ repository, tag, digest: undefined }),
    libraries,
  };
}

/**
 * Reads which packages a base was made with: those that this repository locks for it.
 *
 * @param of which base
 * @param workspace the repository's files
 */
export async function readLibraries(of: "jobs" | "dags", workspace: Workspace): Promise<Library[]> {
  const read = async (path: string, parse: (text: string) => Library[]): Promise<Library[]> =>
    (await workspace.exists(path)) ? parse(new TextDecoder().decode(await workspace.read(path))) : [];
  const python = await read(PYTHON_LOCKS[of], readPythonLock);
  return of === "dags" ? python : [...python, ...(await read(JARS_FILE, readJarsLock))];
}
