import { createHash } from "node:crypto";
import type { Finding } from "./finding.ts";
import { formatImageReference } from "./image-reference.ts";
import type { LayerFile } from "./layer.ts";
import { imageName, type PipelineShape, type SparkStep, sparkStepsOf } from "./spark-steps.ts";
import { UserError } from "./user-error.ts";

/** One file of the repository, as far as an image needs to know it. */
export interface SourceFile {
  /** Path from the repository's root. */
  path: string;
  /** Size in bytes. */
  bytes: number;
  executable: boolean;
  symlink: boolean;
}

/** Which files an image is made of: by path in the image, the file of the repository. */
export interface ImageContents {
  /** `breweries-silver`, `dags`. */
  name: string;
  files: ReadonlyMap<string, SourceFile>;
}

/** An image with its identity. */
export interface PlannedImage {
  name: string;
  /** `<registry>/<name>`. */
  repository: string;
  /** First 16 hex digits of the hash of everything that goes in. */
  tag: string;
  /** `<repository>:<tag>`. */
  reference: string;
  files: readonly LayerFile[];
  /** Where these files are in the repository, in the same order. */
  sources: readonly string[];
}

/** Part of every tag: raise it whenever the same files shall make another image. */
const FORMAT = "wavehouse-image/2";

export const RUNTIME = "pipelines/runtime/wavehouse";
const IN_IMAGE = {
  pipeline: "opt/wavehouse/pipeline",
  pipelines: "opt/wavehouse/pipelines",
  runtime: "opt/wavehouse/runtime/wavehouse",
};
/** Parts of the runtime that run in Airflow or nowhere, never in a Spark job. */
const NOT_IN_JOBS =
  /^(?:ingest|dags|tests)\/|^(?:testing|class_archive)\.py$|(?:^|\/)(?:tests\/|test_[^/]*\.py$|[^/]*_test\.py$|conftest\.py$)/;
/** Parts of the runtime that run in a Spark job or nowhere, never in Airflow. */
const NOT_IN_DAGS =
  /^jobs\/|^(?:session|testing|class_archive|local_spark)\.py$|(?:^|\/)(?:tests\/|test_[^/]*\.py$|[^/]*_test\.py$|conftest\.py$)/;
/** Parts of a pipeline that are for trying it out, or for its jobs' image alone. */
const NOT_FOR_AIRFLOW = /^(?:sample|tests|image)\//;
const COMPILED = /(?:^|\/)__pycache__\/|\.pyc$/;
const MAX_FILE_BYTES = 100 * 1024 * 1024;

/**
 * Decides which files go into the images of a pipeline, one image for each step that Spark runs.
 *
 * @param pipeline the pipeline; its folder is `pipelines/<name>`
 * @param tree the repository's files, at least those of the pipeline and of the runtime
 * @returns the images, in the order in which their steps run
 * @throws UserError on symbolic links, files over 100 MiB, and names that differ only in case
 */
export function planContents(pipeline: PipelineShape, tree: readonly SourceFile[]): ImageContents[] {
  const { name } = pipeline.metadata;
  return inspected(
    sparkStepsOf(pipeline).map((step) => ({
      name: imageName(name, step),
      files: collect(tree, (path) => pathInJob(path, name, step)),
    })),
  );
}

/**
 * Decides which files go into the image `dags`: the DAG builder, and every pipeline without its samples and tests.
 *
 * @param pipelines the names of all pipelines
 * @param tree the repository's files, at least those of the pipelines and of the runtime
 * @returns the image
 * @throws UserError as `planContents`
 */
export function planDagsContents(pipelines: readonly string[], tree: readonly SourceFile[]): ImageContents[] {
  const known = new Set(pipelines);
  return inspected([{ name: "dags", files: collect(tree, (path) => pathInDags(path, known)) }]);
}

function collect(
  tree: readonly SourceFile[],
  place: (path: string) => string | undefined,
): ReadonlyMap<string, SourceFile> {
  const files = new Map<string, SourceFile>();
  for (const file of tree) {
    const target = COMPILED.test(file.path) ? undefined : place(file.path);
    if (target !== undefined) files.set(target, file);
  }
  return files;
}

function inspected(images: ImageContents[]): ImageContents[] {
  const findings = images.flatMap((image) => inspectContents(image));
  if (findings.length > 0) throw new UserError(distinct(findings));
  return images;
}

function pathInJob(path: string, pipeline: string, step: SparkStep): string | undefined {
  if (path.startsWith(`${RUNTIME}/`)) {
    const below = path.slice(RUNTIME.length + 1);
    return NOT_IN_JOBS.test(below) ? undefined : `${IN_IMAGE.runtime}/${below}`;
  }
  const folder = `pipelines/${pipeline}/`;
  if (!path.startsWith(folder)) return undefined;
  const below = path.slice(folder.length);
  if (below !== "pipeline.yaml" && !below.startsWith(`${step}/`)) return undefined;
  return `${IN_IMAGE.pipeline}/${below}`;
}

function pathInDags(path: string, pipelines: ReadonlySet<string>): string | undefined {
  if (path.startsWith(`${RUNTIME}/`)) {
    const below = path.slice(RUNTIME.length + 1);
    return NOT_IN_DAGS.test(below) ? undefined : `${IN_IMAGE.runtime}/${below}`;
  }
  const [, name = "", below = ""] = /^pipelines\/([^/]+)\/(.+)$/.exec(path) ?? [];
  if (!pipelines.has(name) || NOT_FOR_AIRFLOW.test(below)) return undefined;
  return `${IN_IMAGE.pipelines}/${name}/${below}`;
}

/** @returns a finding for each file that no image takes: links, large files, names that differ only in case */
export function inspectContents(image: ImageContents): Finding[] {
  const findings: Finding[] = [];
  for (const file of image.files.values()) {
    if (file.symlink) {
      findings.push(
        found("image/symlink", file, "a symbolic link cannot go into an image", "put the file itself here"),
      );
    } else if (file.bytes > MAX_FILE_BYTES) {
      findings.push(
        found(
          "image/large-file",
          file,
          `the file has ${Math.round(file.bytes / 1024 / 1024)} MiB, an image takes at most 100 MiB a file`,
          "keep data in the object store, or add the file to .gitignore",
        ),
      );
    }
  }
  return [...findings, ...inspectCase(image)];
}

/** On a Mac or on Windows such files overwrite each other, and the image would depend on who built it. */
function inspectCase(image: ImageContents): Finding[] {
  const findings: Finding[] = [];
  const known = new Map<string, { name: string; source: string }>();
  for (const [target, file] of image.files) {
    const parts = target.split("/");
    for (let depth = 1; depth <= parts.length; depth++) {
      const name = parts.slice(0, depth).join("/");
      const folded = name.normalize("NFC").toLowerCase();
      const other = known.get(folded);
      if (other === undefined) known.set(folded, { name, source: file.path });
      else if (other.name !== name) {
        const message = `the name differs only in case (or in how it writes accents) from ${other.source}`;
        findings.push(found("image/same-name", file, message, "rename one of them"));
        break;
      }
    }
  }
  return findings;
}

function found(rule: string, file: SourceFile, message: string, fix: string): Finding {
  return { rule, severity: "error", file: file.path, line: 1, column: 1, message, fix };
}

/** The runtime's files are in every image; a fault of theirs is told once. */
function distinct(findings: readonly Finding[]): Finding[] {
  return [...new Map(findings.map((finding) => [`${finding.rule} ${finding.file}`, finding])).values()];
}

/**
 * Gives images their identity.
 *
 * @param images what they are made of
 * @param contents the bytes of every file that they name, by path from the repository's root
 * @param options where they go, and the digest of the base they stand on, `undefined` for an empty one
 * @returns the images, in the same order
 */
export function planImages(
  images: readonly ImageContents[],
  contents: ReadonlyMap<string, Uint8Array>,
  options: { registry: string; base: string | undefined },
): PlannedImage[] {
  const hashes = new Map<string, string>();
  for (const [path, bytes] of contents) hashes.set(path, createHash("sha256").update(bytes).digest("hex"));
  return images.map((image) => {
    const inputs: [string, boolean, string][] = [];
    const files: LayerFile[] = [];
    const sources: string[] = [];
    for (const target of [...image.files.keys()].sort()) {
      const source = image.files.get(target);
      const bytes = source === undefined ? undefined : contents.get(source.path);
      const hash = source === undefined ? undefined : hashes.get(source.path);
      if (source === undefined || bytes === undefined || hash === undefined) {
        throw new Error(`${image.name}: the content of ${target} was not read`);
      }
      files.push({ path: target, bytes, executable: source.executable });
      sources.push(source.path);
      inputs.push([target, source.executable, hash]);
    }
    const tag = createHash("sha256")
      .update(JSON.stringify([FORMAT, options.base ?? "scratch", inputs]))
      .digest("hex")
      .slice(0, 16);
    const repository = `${options.registry}/${image.name}`;
    const reference = formatImageReference({ repository, tag, digest: undefined });
    return { name: image.name, repository, tag, reference, files, sources };
  });
}
