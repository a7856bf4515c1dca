import { parseAllDocuments } from "yaml";
import type { Finding } from "./finding.ts";
import type { LayerFile } from "./layer.ts";
import { type PythonImport, readPythonImports, whyNotImportable } from "./python-imports.ts";

/** An image that is going to be built, as far as what runs it cares. */
export interface ContractImage {
  name: string;
  files: readonly LayerFile[];
  /** Distributions that its base has installed; `undefined` where nothing is known of them. */
  packages: ReadonlySet<string> | undefined;
}

/** What is on Python's path in every image. */
const PYTHON_ROOT = "opt/wavehouse/runtime";
/** Where a pipeline's own files are, its Python among them. */
const PIPELINE_ROOT = "opt/wavehouse/pipeline";
const OWN = /\/opt\/wavehouse\/[\w./-]*/g;

/**
 * Holds images against the manifests that run them: Spark's version, the main file, the other files that they name, and
 * that what the images' Python imports is there. Each of these would be told only by a pod that fails.
 *
 * @param images as they are going to be built
 * @param manifests text of the manifests that run them, by path
 * @param spark the version that the base has
 * @param sources where a file of the image is in the repository
 * @returns nothing when all fits
 */
export function checkImageContract(
  images: readonly ContractImage[],
  manifests: ReadonlyMap<string, string>,
  spark: string | undefined,
  sources: (image: string, path: string) => string,
): Finding[] {
  const read = importReader();
  const known = new Map(images.map((image) => [image.name, image]));
  const found = [...manifests].flatMap(([file, text]) => checkManifest(file, text, known, spark));
  for (const image of images) found.push(...checkImports(image, read, sources));
  return [...new Map(found.map((one) => [`${one.file}:${one.line} ${one.message}`, one])).values()];
}

function checkManifest(
  file: string,
  text: string,
  images: ReadonlyMap<string, ContractImage>,
  spark: string | undefined,
): Finding[] {
  if (!/^kind: (?:Scheduled)?SparkApplication$/m.test(text)) return [];
  const told = (needle: string, message: string, expected: string, fix: string): Finding => {
    const line = text.split("\n").findIndex((row) => row.includes(needle)) + 1;
    const rule = "image/contract";
    return { rule, severity: "error", file, line: Math.max(line, 1), column: 1, message, expected, fix };
  };
  const fix = "run `npm run generate`, and commit what it writes";
  return parseAllDocuments(text, { prettyErrors: false }).flatMap((document): Finding[] => {
    const { spec } = (document.toJS() ?? {}) as { spec?: Record<string, unknown> };
    const job = (spec?.template ?? spec ?? {}) as Record<string, unknown>;
    const image = images.get(String(job.image));
    if (image === undefined) return [];
    const findings: Finding[] = [];
    if (spark !== undefined && job.sparkVersion !== spark) {
      const message = `sparkVersion is ${JSON.stringify(job.sparkVersion)}, the image ${image.name} has Spark ${spark}`;
      findings.push(told("sparkVersion:", message, spark, fix));
    }
    const paths = new Set(image.files.map(({ path }) => `/${path}`));
    for (const [named] of JSON.stringify(job).matchAll(OWN)) {
      const path = named.replace(/\/+$/, "");
      if (paths.has(path) || image.files.some((one) => `/${one.path}`.startsWith(`${path}/`))) continue;
      const message = `${path} is not in the image ${image.name}`;
      findings.push(told(path, message, "a file that the image holds", fix));
    }
    return findings;
  });
}

type ImportReader = (file: LayerFile) => readonly PythonImport[];

/** Every image holds the runtime: what a module imports is read once for all of them. */
function importReader(): ImportReader {
  const known = new Map<Uint8Array, readonly PythonImport[]>();
  return ({ path, bytes }) => {
    const root = [PYTHON_ROOT, PIPELINE_ROOT].find((folder) => path.startsWith(`${folder}/`));
    if (root === undefined) return [];
    const before = known.get(bytes);
    // The same bytes elsewhere mean other modules.
    if (before?.every(({ file }) => file === path)) return before;
    const found = readPythonImports(path, new TextDecoder().decode(bytes), root);
    known.set(bytes, found);
    return found;
  };
}

function checkImports(
  { name, files, packages }: ContractImage,
  read: ImportReader,
  sources: (image: string, path: string) => string,
): Finding[] {
  const held = new Map(files.map((file) => [file.path, file]));
  return files
    .filter(({ path }) => path.endsWith(".py"))
    .flatMap(read)
    .filter(({ file, module }) => !held.has(`${file.slice(0, file.lastIndexOf("/"))}/${module}.py`))
    .flatMap((wanted): Finding[] => {
      const message = whyNotImportable(wanted, held, PYTHON_ROOT, packages);
      if (message === undefined) return [];
      return [
        {
          rule: "image/contract",
          severity: "error",
          file: sources(name, wanted.file),
          line: wanted.line,
          column: 1,
          message: `imported in the image ${name}, ${message}`,
          fix: "import it where it is used, or from a module that is in the image; a new package goes into the lock",
        },
      ];
    });
}
